"""README.md of the shipped models."""

CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
---
# fovea-mini

A small vision-language model in exact LLaVA-NeXT layout, trained from scratch on synthetic pictures. It demonstrates how
high-resolution pictures and visual-token reduction work; it is not a general assistant and knows nothing but its own kinds of pictures:
receipts, forms, shelves with labelled objects, simple scenes and bar charts, with printed capitals and digits.

| part | size |
|---|---|
| vision | CLIP ViT with class token, {v_layers} layers x {v_dim}, {v_heads} heads, tile {tile}, patch {patch} ({grid} x {grid} patches), features from layer n-2 |
| projector | two layers, GELU; `image_newline` |
| language | Llama, {layers} layers x {dim}, {heads} heads, vocabulary {vocab} |
| grids | 1x2, 2x1, 2x2 tiles and the base tile; at most {most} image tokens |
| weights | {params:.2f} million, {mb:.1f} MB in bfloat16 |

Prompt: `USER: <image>\\n{{question}} ASSISTANT:`

## Data
Pictures drawn by the generator in `training/` (seeded; nothing was collected). Questions: value of a key on a receipt or form, label of
an object, chart values, colour, existence, counting, relation, and coarse ones that the base tile answers. Three glyph styles occur in
the test split only.

## Recipe
{recipe}

The class token is supervised, class attention of layers 0 and n-2 too (it is pulled to text and objects): area under the
ROC curve of class attention against the evidence of the test questions, mean over tiles: {a0} in layer 0, {a} in the feature layer.
That is a property given to this model, not one that emerged; in CLIP it emerges. A linear probe and a supervised attention head helped
the decoder during training. No image tokens were dropped in training.

## Accuracy
HR-Mini test split ({pictures} pictures, glyph styles not seen in training), all tokens, greedy, exact match, weights as shipped:

{test}
Pictures with the glyph styles of training (validation seeds):

{val}
## Limits
{limits}

## Licence
Apache-2.0, weights and data.
"""


RECIPE = """`train --preset cpu` in `training/`: the tower for {v_steps} steps of 32 tiles ({v_min:.0f} minutes), then projector and decoder on
the frozen tower for {l_steps} steps of 16 pictures with eleven questions each ({l_min:.0f} minutes), on two cores of an AMD EPYC (Zen 4) that
other work shared. Muon and AdamW, bf16 arithmetic, linear decay. The head that names the background colour joined the tower's training
for its last 600 steps only; the recipe has it from the start."""

LIMITS = """* It answers the generator's questions about the generator's pictures, in lower case, in one word or number. Anything else is noise.
* Glyph styles that it has not seen cost it most; compare the two tables.
* Relations, counts above four and bar heights are weak; see the tables.
* Its class attention was taught. Do not read HiRED's numbers here as evidence about CLIP."""


def write(out, runs, test, val):
    import torch
    from .model import Config
    from .testset import table
    s = torch.load(f"{runs}/lm.pt", weights_only=False, map_location="cpu")
    v = torch.load(f"{runs}/vision.pt", weights_only=False, map_location="cpu")
    c = Config(**s["config"])
    params = sum(x.numel() for part in (s["v"], s["l"]) for x in part.values())
    recipe = RECIPE.format(v_steps=v["step"], v_min=v["spent"] / 60, l_steps=s["step"], l_min=s["spent"] / 60)
    n = c.grid ** 2
    text = CARD.format(v_layers=c.v_layers, v_dim=c.v_dim, v_heads=c.v_heads, tile=c.tile, patch=c.patch, grid=c.grid, layers=c.layers,
                       dim=c.dim, heads=c.heads, vocab=c.vocab, most=n + 2 * c.grid * (2 * c.grid + 1), params=params / 1e6,
                       mb=params * 2 / 1e6, recipe=recipe, limits=LIMITS, a0=test["auroc_layer0"], a=test["auroc_features"],
                       pictures=test["pictures"], test=table(test), val=table(val))
    with open(f"{out}/README.md", "w") as f:
        f.write(text)
