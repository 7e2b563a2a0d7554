"""The fixed HR-Mini test split, and the accuracy of a checkpoint on it."""
import io
import json
import zipfile

import numpy as np
import torch

from .scenes import make
from .world import KINDS

SEED = 2026


def small(im):
    """As it will be stored: 256 colours keep a picture at a few kilobytes."""
    return im.quantize(256, dither=0).convert("RGB")


def pictures(n=300, tile=126):
    for i in range(n):
        p = make(SEED * 1000 + i, "test", tile, kind=KINDS[i % 5])
        p.image = small(p.image)
        yield i, p


def write(path, n=300, tile=126):
    stamp = (2026, 1, 1, 0, 0, 0)
    lines = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        def put(name, data):
            z.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED, 9)
        for i, p in pictures(n, tile):
            name = f"images/{i:04d}.png"
            buf = io.BytesIO()
            p.image.quantize(256, dither=0).save(buf, "PNG", optimize=True)
            put(name, buf.getvalue())
            for j, q in enumerate(p.qas):
                lines.append(json.dumps(dict(
                    id=f"{i:04d}-{j:02d}", image=name, width=p.image.width, height=p.image.height, kind=p.kind, style=p.style,
                    question=q.question, answer=q.answer, task=q.task, evidence=[list(b) for b in q.boxes],
                    size_px=round(q.size_px, 1), thumbnail=q.thumbnail)))
        put("questions.jsonl", "\n".join(lines) + "\n")
        put("README.md", README)
    return len(lines)


README = """# HR-Mini, test split

Synthetic pictures with questions whose answers mostly need full resolution. One JSON object per line of `questions.jsonl`:
`id`, `image`, `width`, `height`, `kind` of picture, glyph `style` (none of them occurs in training), `question`, `answer`
(exact match), `task` (keyvalue, code, chart, attribute, existence, count, relation, coarse), `evidence` (boxes x0 y0 x1 y1 in
pixels; for a value its key comes first), `size_px` (height of the smallest evidence: cap height of text, side of objects) and
`thumbnail` (whether the base tile alone is meant to suffice). Licence: Apache-2.0, like the generator that made it.
"""


def batches(items, c, tok):
    """Groups pictures of one size."""
    from .train_lm import Batch
    maker = Batch(c, tok, 1, 99, every=True)
    by = {}
    for p in items:
        by.setdefault(p.image.size, []).append(p)
    for ps in by.values():
        for k in range(0, len(ps), 10):
            part = ps[k:k + 10]
            yield maker.collate(part, [list(p.qas) for p in part])


def tower_auroc(v, c, items, thumb=False):
    """AUROC of class attention (summed over heads) of layers 0 and n-2 against the evidence of all questions but coarse ones."""
    from .geometry import evidence, layout
    from .train_vision import auroc, to_input
    r = ([], [])
    for p in items:
        boxes = [b for q in p.qas if q.task != "coarse" for b in q.boxes]
        if not boxes:
            continue
        lay = layout(*p.image.size, c.tile, c.grid)
        with torch.no_grad():
            att = v(to_input(torch.from_numpy(lay.tiles(p.image))))[2]
        e = evidence(boxes, lay)
        for k in (0, 1):
            s = att[k].exp().sum(1).numpy()
            r[k].append(auroc(s[1:], e[1:]))
    return [float(np.nanmean(x)) for x in r]


def measure(checkpoint, tok_path, n=300, split="test"):
    from .export import rounded
    from .tokenizer import Tok
    from .train_lm import evaluate, wilson
    c, v, l = rounded(checkpoint)
    tok = Tok(tok_path)
    if split == "test":
        items = [p for _, p in pictures(n, c.tile)]
    else:
        items = [make(7_000_000 + i, split, c.tile, kind=KINDS[i % 5]) for i in range(n)]
    got = evaluate(v, l, tok, batches(items, c, tok))
    rows = {}
    for t in sorted(got):
        k, m = got[t]
        lo, hi = wilson(k, m)
        rows[t] = dict(correct=k, n=m, accuracy=round(100 * k / m, 1), low=round(100 * lo, 1), high=round(100 * hi, 1))
    a0, a = tower_auroc(v, c, items[:100])
    return dict(split=split, pictures=n, tasks=rows, auroc_layer0=round(a0, 3), auroc_features=round(a, 3))


def table(r):
    s = "| task | correct / n | accuracy | 95 % interval |\n|---|---|---|---|\n"
    for t, x in r["tasks"].items():
        s += f"| {t} | {x['correct']} / {x['n']} | {x['accuracy']} % | {x['low']} – {x['high']} |\n"
    return s
