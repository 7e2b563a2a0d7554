"""fovea-mini-flex: the same networks with FlexAttention, in the naming of the original LLaVA.

Starts from fovea-mini's projector and decoder. `k_proj_hd` and `v_proj_hd` are copies of the ordinary projections; the
output of the answer rows is blended from low resolution only to both over the first tenth of the fine-tuning.

The original's literal layer index 8 becomes `first_layer` of config `extra`: this layer chooses the first cells, the layers
after it attend to them.
"""
import json
import math
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

from .export import TEMPLATE, bf16, dump, token_files, vision_config
from .geometry import normalise
from .model import Config, Language, Optim, Vision, config_dict, rope
from .scenes import make
from .tokenizer import Tok
from .train_lm import NEG, choose, focus, show
from .train_vision import Finish

ZOOM, THRESHOLD, WARMUP, FIRST = 2, 48, 10, 1
FILL = (122, 116, 104)


def letterbox(im, side):
    w, h = im.size
    s = max(w, h)
    sq = Image.new("RGB", (s, s), FILL)
    sq.paste(im, ((s - w) // 2, (s - h) // 2))
    return sq if s == side else sq.resize((side, side), Image.BICUBIC)


def streams(im, c):
    """[1 + zoom * zoom, 3, tile, tile]: the picture at low resolution, then its tiles."""
    t, z = c.tile, ZOOM
    x = torch.from_numpy(normalise(np.asarray(letterbox(im, t * z))))
    low = F.interpolate(x[None], (t, t), mode="bilinear", antialias=True, align_corners=False)
    tiles = x.view(3, z, t, z, t).permute(1, 3, 0, 2, 4).reshape(z * z, 3, t, t)
    return torch.cat([low, tiles])


def margins(w, h, g):
    """Low-resolution cells that the letterbox left empty: True where content is."""
    m = int(((abs(w - h)) // 2) / max(w, h) * g)
    a = torch.ones(g, g, dtype=torch.bool)
    if m:
        if w > h:
            a[:m], a[-m:] = False, False
        else:
            a[:, :m], a[:, -m:] = False, False
    return a.flatten()


def evidence(boxes, w, h, g):
    """Patches of a square grid over the letterboxed picture that boxes touch: [g * g]."""
    side = max(w, h)
    r = np.zeros((g, g), bool)
    for x0, y0, x1, y1 in boxes:
        x0, x1, y0, y1 = (v + (side - n) // 2 for v, n in ((x0, w), (x1, w), (y0, h), (y1, h)))
        a = np.floor(np.array([y0, x0]) / side * g + 0.2).astype(int)
        b = np.ceil(np.array([y1, x1]) / side * g - 0.2).astype(int)
        r[a[0]:max(b[0], a[0] + 1), a[1]:max(b[1], a[1] + 1)] = True
    return r.ravel()


class Hd(nn.Module):
    """The high-resolution projections of all layers.

    They read the projector's outputs as they are, while the ordinary projections read them after the layer's norm. Here the
    outputs of the projector are some 30 times larger than what a norm gives, and plain copies attend to one key only and learn
    next to nothing. So the copies take the norm's weights in, and the mean size of features is divided out: while training, in
    front of the projections, and on export in their weights.
    """

    def __init__(self, lang):
        super().__init__()
        d = lang.c.dim
        self.k = nn.ModuleList(nn.Linear(d, d, bias=False) for _ in lang.model.layers)
        self.v = nn.ModuleList(nn.Linear(d, d, bias=False) for _ in lang.model.layers)
        self.register_buffer("size", torch.ones(()))
        for i, l in enumerate(lang.model.layers):
            w = l.input_layernorm.weight.data
            self.k[i].weight.data.copy_(l.self_attn.k_proj.weight * w)
            self.v[i].weight.data.copy_(l.self_attn.v_proj.weight * w)

    @torch.no_grad()
    def measure(self, features):
        """features [..., d]: the size of the middle one becomes the unit."""
        self.size.copy_(features.float().pow(2).mean(-1).sqrt().median())


def hd_tables(cos, sin, g, z):
    """cos, sin of the low-resolution image positions [g*g, d], enlarged bicubically."""
    def up(t):
        x = t.view(g, g, -1).permute(2, 0, 1)[None]
        return F.interpolate(x, (g * z, g * z), mode="bicubic", align_corners=False)[0].permute(1, 2, 0).reshape(g * g * z * z, -1)
    return up(cos), up(sin)


def select(probs, content, g, z, threshold):
    """probs [b, rows, g*g] summed over heads -> [b, rows, (g*z)^2] chosen."""
    a = torch.where(content[:, None], probs, 0.0)
    lo, hi = a.amin(-1, keepdim=True), a.amax(-1, keepdim=True)
    a = (a - lo) / (hi - lo)
    b = (255 * a > threshold).float().view(-1, 1, g, g)
    b = F.adaptive_max_pool2d(b, 9)
    b = F.interpolate(b, (g * z, g * z), mode="nearest")
    return b.view(*probs.shape[:2], -1) > 0


def closing(progress):
    """Threshold of the selection while training: nearly every cell is open at first, so that reading is learned before the
    choice of cells is any good; the true threshold holds from 60 % on."""
    return THRESHOLD * min(1, max(0, (progress - 0.2) / 0.4)) ** 2


def forward(lang, hd, low, high, content, b, image_at, blend, threshold):
    """-> hidden states of the questions' rows. Every row that writes an answer also sees its chosen high-resolution cells."""
    c = lang.c
    g, z = c.grid, ZOOM
    B, T = b["ids"].shape
    e = lang.model.embed_tokens(torch.cat([b["prefix"], b["ids"]], 1))
    x = torch.cat([e[:, :image_at], lang.multi_modal_projector(low).to(e.dtype), e[:, image_at + 1:]], 1)
    fh = lang.multi_modal_projector(high).detach() / hd.size
    P = image_at + g * g
    pos = torch.cat([torch.arange(P).expand(B, -1), P + b["pos"]], 1)
    cos, sin = lang.tables(pos)
    hc, hs = hd_tables(cos[0, 0, image_at:P], sin[0, 0, image_at:P], g, z)
    mask = torch.full((P, P), NEG).triu(1).expand(B, 1, P, P)
    mask = torch.cat([torch.cat([mask, torch.full((B, 1, P, T), NEG)], -1), b["mask"]], 2)
    answer = (b["tgt"] != -100)[:, None, :, None]
    chosen, used, look = None, [], []
    eb, et = b["ev_b"], b["ev_t"]
    for i, l in enumerate(lang.model.layers):
        a = l.self_attn
        y = l.input_layernorm(x)
        q, k, v = a.split(a.q_proj(y)), a.split(a.k_proj(y)), a.split(a.v_proj(y))
        q, k = rope(q, cos, sin), rope(k, cos, sin)
        d = q.shape[-1]
        if i < FIRST:
            o = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
        else:
            s = (q @ k.transpose(-1, -2)).float() / math.sqrt(d) + mask
            p = s.softmax(-1)
            o = p.to(v.dtype) @ v
            if len(eb) and i < c.layers - 1:                 # the rows that answer shall choose the evidence, all of it
                m = p[:, :, P:, image_at:P].sum(1)[eb, et]
                m = (m / m.sum(-1, keepdim=True)).clamp(min=1e-5).log()
                look.append(-((m * b["ev_low"]).sum(-1) / b["ev_low"].sum(-1)).mean())
            if chosen is not None:
                kh, vh = rope(a.split(hd.k[i](fh)), hc, hs), a.split(hd.v[i](fh))
                sh = (q[:, :, P:] @ kh.transpose(-1, -2)).float() / math.sqrt(d)
                sh = torch.where(chosen[:, None], sh, NEG)
                ph = torch.cat([s[:, :, P:], sh], -1).softmax(-1)
                both = ph.to(v.dtype) @ torch.cat([v, vh], 2)
                if len(eb) and i >= c.layers - 2:            # and one head shall read it
                    m = ph[:, 0, :, P + T:][eb, et]
                    look.append(-(m * b["ev_high"]).sum(-1).clamp(min=1e-5).log().mean())
                both = o[:, :, P:] * (1 - blend) + both * blend
                o = torch.cat([o[:, :, :P], torch.where(answer, both, o[:, :, P:])], 2)
            chosen = select(p[:, :, P:, image_at:P].sum(1).detach(), content, g, z, threshold)
            if i < c.layers - 1:
                used.append(chosen[answer[:, 0, :, 0]].float().mean().item())
        x = x + a.o_proj(o.transpose(1, 2).reshape(x.shape))
        x = x + l.mlp(l.post_attention_layernorm(x))
    return lang.model.norm(x[:, P:]), float(np.mean(used)), sum(look) / max(1, len(look))


class FlexBatch(torch.utils.data.IterableDataset):
    def __init__(self, c, tok, batch, questions, start=0, split="train", seed=0, every=False):
        self.__dict__.update(c=c, tok=tok, batch=batch, questions=questions, start=start, split=split, seed=seed, every=every)

    def __iter__(self):
        i = self.start
        torch.set_num_threads(1)
        while True:
            yield self.one(i)
            i += 1

    def one(self, i):
        rng = np.random.default_rng([self.seed, i, 99])
        pics = [make(800_000_000 + i * 64 + k, self.split, self.c.tile) for k in range(self.batch)]
        return self.collate(pics, [choose(p, rng, 99 if self.every else self.questions) for p in pics])

    def collate(self, pics, chosen):
        c, tok, B = self.c, self.tok, len(pics)
        rows = [[tok.qa(q.question, q.answer) for q in qs] for qs in chosen]
        T = -(-max(sum(len(i) - 1 for i, _ in r) for r in rows) // 16) * 16
        ids = torch.full((B, T), tok.pad)
        tgt = torch.full((B, T), -100)
        pos, qid = torch.zeros(B, T, dtype=torch.long), torch.full((B, T), -1)
        evs = []
        for b, r in enumerate(rows):
            at = 0
            for j, (x, n) in enumerate(r):
                m = len(x) - 1
                boxes = focus(chosen[b][j])
                if boxes:
                    wh = pics[b].image.size
                    e = evidence(boxes, *wh, c.grid), evidence(boxes, *wh, c.grid * ZOOM)
                    evs += [(b, t, *e) for t in range(at + m - n, at + m - 1 if n > 1 else at + m)]
                ids[b, at:at + m] = torch.tensor(x[:-1])
                tgt[b, at + m - n:at + m] = torch.tensor(x[-n:])
                pos[b, at:at + m] = torch.arange(m)
                qid[b, at:at + m] = j
                at += m
        P = tok.image_at + c.grid ** 2
        own = (qid[:, :, None] == qid[:, None]) & torch.ones(T, T, dtype=torch.bool).tril()
        mask = torch.zeros(B, 1, T, P + T)
        mask[:, 0, :, P:] = torch.where(own, 0.0, NEG)
        low, high = (np.stack([e[k] for e in evs]) if evs else np.zeros((0, n), bool)
                     for k, n in ((2, c.grid ** 2), (3, (c.grid * ZOOM) ** 2)))
        return dict(ev_b=torch.tensor([e[0] for e in evs]), ev_t=torch.tensor([e[1] for e in evs]),
                    ev_low=torch.from_numpy(low), ev_high=torch.from_numpy(high), x=torch.stack([streams(p.image, c) for p in pics]), ids=ids, tgt=tgt, pos=pos, qid=qid, mask=mask,
                    prefix=torch.tensor(tok.prefix).expand(B, -1), content=torch.stack([margins(*p.image.size, c.grid) for p in pics]),
                    chosen=chosen if self.every else None)


def run(v, l, hd, b, tok, blend, threshold=THRESHOLD):
    c = l.c
    B, n = b["x"].shape[:2]
    with torch.no_grad():
        f = v(b["x"].flatten(0, 1), full=False)[0].view(B, n, c.grid, c.grid, -1)
        low = f[:, 0].flatten(1, 2)
        z = ZOOM
        high = f[:, 1:].view(B, z, z, c.grid, c.grid, -1).permute(0, 1, 3, 2, 4, 5).reshape(B, (z * c.grid) ** 2, -1)
    return forward(l, hd, low, high, b["content"], b, tok.image_at, blend, threshold)


@torch.no_grad()
def evaluate(v, l, hd, tok, batches, blend=1.0):
    got, used = {}, []
    for b in batches:
        with torch.autocast("cpu", torch.bfloat16):
            h, u, _ = run(v, l, hd, b, tok, blend)
            y = l.lm_head(h).argmax(-1)
        used.append(u)
        ok = (y == b["tgt"]) | (b["tgt"] == -100)
        for i, qs in enumerate(b["chosen"]):
            for j, q in enumerate(qs):
                a = got.setdefault(q.task, [0, 0])
                a[0] += int(ok[i][b["qid"][i] == j].all())
                a[1] += 1
    return got, float(np.mean(used))


def train(args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    tok = Tok(f"{args.out}/tokenizer.json")
    path = f"{args.out}/flex.pt"
    new = not os.path.exists(path)
    s = torch.load(f"{args.out}/lm.pt" if new else path, weights_only=False, map_location="cpu")
    c = Config(**s["config"])
    v, l = Vision(c), Language(c)
    v.load_state_dict(s["v"])
    l.load_state_dict(s["l"])
    v.eval().requires_grad_(False)
    hd = Hd(l)
    ol, oh = Optim(l, args.lr, 5e-4), Optim(hd, args.lr, 5e-4)
    step = 0
    if not new:
        hd.load_state_dict(s["hd"])
        ol.load_state_dict(s["ol"])
        oh.load_state_dict(s["oh"])
        step = s["step"]
    data = iter(torch.utils.data.DataLoader(FlexBatch(c, tok, args.batch, args.questions, step, seed=args.seed), batch_size=None,
                                            num_workers=args.workers, prefetch_factor=4))
    if new:
        f = v(FlexBatch(c, tok, 8, 1, seed=args.seed).one(0)["x"][:, 1:].flatten(0, 1), full=False)[0]
        hd.measure(l.multi_modal_projector(f))
        print("size of features", float(hd.size), flush=True)
    val = [FlexBatch(c, tok, 10, 99, split="val", every=True).one(i) for i in range(6)]
    end, t0, avg, log = Finish(f"{args.out}/flex.finish"), time.time(), [], open(f"{args.out}/flex.log", "a")
    while True:
        scale = min(1, (step + 1) / 40) * end.scale(step, step / args.steps)
        if scale <= 0 or step >= args.steps:
            break
        b = next(data)
        with torch.autocast("cpu", torch.bfloat16):
            h, u, look = run(v, l, hd, b, tok, min(1.0, step / args.steps * WARMUP), closing(step / args.steps))
            m = b["tgt"] != -100
            loss = F.cross_entropy(l.lm_head(h[m]).float(), b["tgt"][m])
        (loss + 0.2 * max(0.15, scale) * look).backward()
        ol.step(scale)
        oh.step(scale)
        step += 1
        avg.append((loss.item(), u, float(look)))
        if step % 50 == 0:
            line = f"{step} {(time.time() - t0) / 60:.1f}min loss={np.mean([a[0] for a in avg]):.3f} cells={np.mean([a[1] for a in avg]):.3f} " \
                f"look={np.mean([a[2] for a in avg]):.3f}"
            avg = []
            if step % args.evaluate == 0:
                got, u = evaluate(v, l, hd, tok, val)
                line += "\n   val " + show(got) + f" cells={u:.3f}"
            print(line, flush=True)
            print(line, file=log, flush=True)
        if step % 100 == 0 or end.stop:
            save(path, c, v, l, hd, ol, oh, step)
        if end.stop:
            return
    save(path, c, v, l, hd, ol, oh, step)
    for name, blend in (("low resolution only", 0.0), ("flex", 1.0)):
        got, u = evaluate(v, l, hd, tok, val, blend)
        print("final", name, show(got), f"cells={u:.3f}", flush=True)


def save(path, c, v, l, hd, ol, oh, step):
    torch.save(dict(config=config_dict(c), v=v.state_dict(), l=l.state_dict(), hd=hd.state_dict(), ol=ol.state_dict(),
                    oh=oh.state_dict(), step=step), path + ".tmp")
    os.replace(path + ".tmp", path)


def export(checkpoint, tok_path, out):
    s = torch.load(checkpoint, weights_only=False, map_location="cpu")
    c, tok = Config(**s["config"]), Tok(tok_path)
    os.makedirs(f"{out}/vision_tower", exist_ok=True)
    w = {"model.vision_tower.vision_tower.vision_model." + k: v for k, v in s["v"].items()}
    for k, v in s["l"].items():
        if k.startswith("multi_modal_projector."):
            w[k.replace("multi_modal_projector.linear_1", "model.mm_projector.0").replace("multi_modal_projector.linear_2", "model.mm_projector.2")] = v
        elif k != "image_newline":
            w[k] = v
    size = s["hd"].pop("size")
    for k, v in s["hd"].items():
        kind, i, _ = k.split(".")
        w[f"model.layers.{i}.self_attn.{kind}_proj_hd.weight"] = v / size
    save_file(bf16(w), f"{out}/model.safetensors", {"format": "pt"})
    dump(f"{out}/config.json", dict(
        architectures=["LlavaLlamaForCausalLM"], model_type="llava_llama", attention_bias=False, attention_dropout=0.0, bos_token_id=1,
        eos_token_id=2, pad_token_id=tok.pad, image_token_index=tok.image,
        extra=dict(highres_size=str(c.tile * ZOOM), lowres_size=str(c.tile), threshold=str(THRESHOLD), warmup=str(WARMUP),
                   zoom_ratio=str(ZOOM), first_layer=str(FIRST)),
        hidden_act="silu", hidden_size=c.dim, image_aspect_ratio="pad", initializer_range=0.02, intermediate_size=c.mlp,
        max_position_embeddings=2048, mm_hidden_size=c.v_dim, mm_patch_merge_type="flat", mm_projector_type="mlp2x_gelu",
        mm_use_im_patch_token=False, mm_use_im_start_end=False, mm_vision_select_feature="patch", mm_vision_select_layer=-2,
        mm_vision_tower="./vision_tower", num_attention_heads=c.heads, num_hidden_layers=c.layers, num_key_value_heads=c.heads,
        pretraining_tp=1, rms_norm_eps=1e-5, rope_scaling=None, rope_theta=c.theta, tie_word_embeddings=False,
        tokenizer_model_max_length=2048, tokenizer_padding_side="right", torch_dtype="bfloat16", use_cache=True, use_mm_proj=True,
        vocab_size=c.vocab))
    dump(f"{out}/vision_tower/config.json", vision_config(c, architectures=["CLIPVisionModel"], attention_dropout=0.0,
                                                          torch_dtype="bfloat16"))
    dump(f"{out}/generation_config.json", dict(bos_token_id=1, eos_token_id=2, pad_token_id=tok.pad, do_sample=False, max_new_tokens=16))
    token_files(out, tok_path, tok)
    dump(f"{out}/chat_template.json", dict(chat_template=TEMPLATE))  # not the conversation of the original's name
