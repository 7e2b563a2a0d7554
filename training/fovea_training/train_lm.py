"""Stage 2: projector and decoder on the frozen tower.

One sequence holds a picture once and 8-16 questions after it; every question sees the picture and itself only, at the
positions it would have alone. Two helpers, used in training only, teach the decoder where to look: a linear probe on
the image rows after layer 1 must name the key (or the object) that a value (or a label) belongs to, and head 0 of layer n-2
is pulled to the evidence when an answer is written.
"""
import json
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .geometry import evidence, layout, picture_labels
from .model import Config, Language, Optim, Vision, config_dict
from .scenes import make
from .tokenizer import Tok
from .train_vision import Finish, move, to_input
from .world import *

TASK_WEIGHT = dict(keyvalue=1.0, code=1.2, chart=1.0, attribute=1.0, existence=0.7, count=0.8, relation=1.0, coarse=0.45)
NEG = -30000.0


def choose(p, rng, n):
    """Up to n questions, the rarer and harder kinds preferred."""
    if len(p.qas) <= n:
        return list(p.qas)
    w = np.array([TASK_WEIGHT[q.task] for q in p.qas])
    return [p.qas[i] for i in rng.choice(len(p.qas), n, replace=False, p=w / w.sum())]


def focus(q):
    """The evidence that is read last: of a key and its value only the value."""
    if q.task in ("keyvalue", "code", "chart"):
        return q.boxes[-1:] if q.answer[0].isdigit() or q.answer[-1].isdigit() or q.task == "keyvalue" else q.boxes[:1]
    if q.task in ("coarse", "relation") or q.answer in ("no", "0"):
        return []
    return q.boxes


class Batch(torch.utils.data.IterableDataset):
    """Batches of pictures of one shape with their questions. Batch i depends only on i (and on the curriculum's switch)."""

    def __init__(self, c, tok, batch, questions, start=0, split="train", seed=0, small_until=0, every=False, drop=False):
        self.__dict__.update(c=c, tok=tok, batch=batch, questions=questions, start=start, split=split, seed=seed,
                             small_until=small_until, every=every, drop=drop)

    def __iter__(self):
        w = torch.utils.data.get_worker_info()
        if w:
            torch.set_num_threads(1)
        i = self.start + (w.id if w else 0)
        while True:
            yield self.one(i)
            i += w.num_workers if w else 1

    def one(self, i):
        rng = np.random.default_rng([self.seed, i, 77])
        if i < self.small_until:
            wh = [(2, 1), (1, 2)][rng.integers(2)]
        else:
            wh = [(2, 2), (2, 1), (1, 2), (2, 1.7), (1.7, 2)][rng.choice(5, p=[0.5, 0.14, 0.14, 0.11, 0.11])]
        pics = [make(500_000_000 + (self.seed * 10_000_000 + i) * 64 + k, self.split, self.c.tile, wh=wh) for k in range(self.batch)]
        return self.collate(pics, [choose(p, rng, 99 if self.every else self.questions) for p in pics], i)

    def collate(self, pics, chosen, seed=0):
        c, tok = self.c, self.tok
        lay = layout(*pics[0].image.size, c.tile, c.grid)
        tiles = np.stack([lay.tiles(p.image) for p in pics])
        labs = [picture_labels(p, lay)["link"] for p in pics]
        pack = self.thinned(lay.pack, seed) if self.drop else lay.pack
        img0 = tok.image_at
        P = img0 + len(pack)
        B = len(pics)
        rows = []
        for p, qs in zip(pics, chosen):
            r = []
            for j, q in enumerate(qs):
                ids, n = tok.qa(q.question, q.answer)
                fb = focus(q)
                ev = evidence(fb, lay).ravel() if fb else None
                r.append((ids, n, ev, j))
            rows.append(r)
        T = max(sum(len(x[0]) - 1 for x in r) for r in rows)
        T = -(-T // 16) * 16
        ids = np.full((B, T), tok.pad, np.int64)
        tgt = np.full((B, T), -100, np.int64)
        pos = np.zeros((B, T), np.int64)
        qid = np.full((B, T), -1, np.int64)
        evs = []
        for b, r in enumerate(rows):
            at = 0
            for x, n, ev, j in r:
                m = len(x) - 1
                ids[b, at:at + m] = x[:-1]
                tgt[b, at + m - n:at + m] = x[-n:]
                pos[b, at:at + m] = np.arange(m)
                qid[b, at:at + m] = j
                if ev is not None:
                    e = np.concatenate([ev, [False]])[pack]
                    if e.any():
                        for t in range(at + m - n, at + m - 1 if n > 1 else at + m):
                            evs.append((b, t, e))
                at += m
        link = np.stack([np.concatenate([l.reshape(-1, 3), np.zeros((1, 3), np.int64)])[pack] for l in labs])
        link[:, pack < c.grid ** 2] = 0                      # labels cannot be read in the base tile
        return dict(tiles=torch.from_numpy(tiles), pack=torch.from_numpy(pack), split=P, ids=torch.from_numpy(ids),
                    tgt=torch.from_numpy(tgt), pos=torch.from_numpy(pos), qid=torch.from_numpy(qid), link=torch.from_numpy(link),
                    ev_b=torch.tensor([e[0] for e in evs]), ev_t=torch.tensor([e[1] for e in evs]),
                    ev=torch.from_numpy(np.stack([e[2] for e in evs])) if evs else torch.zeros(0, len(pack), dtype=torch.bool),
                    chosen=chosen if self.every else None)


    def thinned(self, pack, seed):
        """Of two batches in three, a random tenth to seven tenths of the tokens."""
        rng = np.random.default_rng([seed, 55])
        if rng.random() < 1 / 3:
            return pack
        patch = pack >= 0                                    # the rest are ends of lines
        keep = rng.permutation(len(pack)) < rng.uniform(0.1, 0.7) * len(pack)
        return pack[keep & patch]


class Probe(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.probe = nn.Linear(c.dim, len(WORDS) + 1 + 11 + 9)

    def forward(self, x):
        return self.probe(x).split([len(WORDS) + 1, 11, 9], -1)


def attention_mask(b):
    """[batch, 1, questions' rows, all] additive."""
    B, T = b["ids"].shape
    P = b["split"]
    dev = b["qid"].device
    own = (b["qid"][:, :, None] == b["qid"][:, None, :]) & torch.ones(T, T, dtype=torch.bool, device=dev).tril()
    m = torch.zeros(B, 1, T, P + T, device=dev)
    m[:, 0, :, P:] = torch.where(own, 0.0, NEG)
    return m


def features(v, tiles):
    B, P = tiles.shape[:2]
    x = to_input(tiles.flatten(0, 1), next(v.parameters()).device)
    with torch.no_grad():
        f = v(x, full=False)[0]
    return f.reshape(B, P * f.shape[1], -1)


def run(v, l, tok, b, probe=None, look=None):
    f = features(v, b["tiles"])
    B, T = b["ids"].shape
    P = b["split"]
    pre = torch.tensor(tok.prefix, device=f.device).expand(B, -1)
    x = l.embed(f, b["pack"], pre, tok.image_at)
    x = torch.cat([x, l.model.embed_tokens(b["ids"]).to(x.dtype)], 1)
    # every question starts where the prefix ends; positions differ between the rows of a batch
    pos = torch.cat([torch.arange(P, device=f.device).expand(B, -1), P + b["pos"]], 1)
    h, mid, att = l(x, pos, attention_mask(b), P, probe, look)
    return h, mid, att


def wilson(k, n, z=1.96):
    if n == 0:
        return 0.0, 0.0
    p = k / n
    d = 1 + z * z / n
    c = (p + z * z / (2 * n)) / d
    e = z * ((p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5) / d
    return c - e, c + e


@torch.no_grad()
def evaluate(v, l, tok, batches):
    """Exact match per task; teacher forcing with arg max everywhere is the same as greedy decoding being right."""
    got = {}
    dev = next(v.parameters()).device
    for b in batches:
        b = move(b, dev)
        with torch.autocast(dev.type, torch.bfloat16):
            h, _, _ = run(v, l, tok, b)
            y = l.lm_head(h).argmax(-1)
        ok = (y == b["tgt"]) | (b["tgt"] == -100)
        for i, qs in enumerate(b["chosen"]):
            for j, q in enumerate(qs):
                a = got.setdefault(q.task, [0, 0])
                a[0] += int(ok[i][b["qid"][i] == j].all())
                a[1] += 1
    return got


def show(got):
    k, n = sum(a for a, _ in got.values()), sum(n for _, n in got.values())
    return " ".join(f"{t}={100 * a / n:.1f}({n})" for t, (a, n) in sorted(got.items())) + f" all={100 * k / n:.1f}"


def train(args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    os.makedirs(args.out, exist_ok=True)
    vs = torch.load(args.vision or f"{args.out}/vision.pt", weights_only=False, map_location=args.device)
    tok = Tok(f"{args.out}/tokenizer.json")
    c = Config(**{**vs["config"], **json.loads(args.config), "vocab": tok.size})
    v = Vision(c).to(args.device)
    v.load_state_dict(vs["v"])
    v.eval().requires_grad_(False)
    l, pr = Language(c).to(args.device), Probe(c).to(args.device)
    ol, op = Optim(l, args.lr, 2e-3), Optim(pr, args.lr, 3e-3)
    step, spent = 0, 0.0
    drop = getattr(args, "drop", False)
    name = "drop" if drop else "lm"
    path = f"{args.out}/{name}.pt"
    if drop and not os.path.exists(path):
        s = torch.load(f"{args.out}/lm.pt", weights_only=False, map_location=args.device)
        l.load_state_dict(s["l"])
        pr.load_state_dict(s["p"])
    if os.path.exists(path):
        s = torch.load(path, weights_only=False, map_location=args.device)
        l.load_state_dict(s["l"])
        pr.load_state_dict(s["p"])
        ol.load_state_dict(s["ol"])
        op.load_state_dict(s["op"])
        step, spent = s["step"], s["spent"]
    data = iter(torch.utils.data.DataLoader(
        Batch(c, tok, args.batch, args.questions, step, seed=args.seed, small_until=args.small, drop=drop),
        batch_size=None,
        num_workers=args.workers, prefetch_factor=4))
    val = [Batch(c, tok, 10, 99, split="val", every=True).one(i) for i in range(6)]
    log = open(f"{args.out}/{name}.log", "a")
    look = c.layers - 2
    avg, n, t0, end = {}, 0, time.time(), Finish(f"{args.out}/{name}.finish")
    while True:
        now = spent + time.time() - t0
        progress = max(step / args.steps, now / (args.minutes * 60) if args.minutes else 0)
        if progress >= 1:
            break
        scale = min(1, (step + 1) / 60) * end.scale(step, progress)
        if scale <= 0:
            break
        b = move(next(data), args.device)
        with torch.autocast(args.device, torch.bfloat16):
            h, mid, att = run(v, l, tok, b, 1, look)
            m = b["tgt"] != -100
            logits = l.lm_head(h[m])
            pw, ps, pc = pr(mid[:, tok.image_at:])
        L = dict(answer=F.cross_entropy(logits.float(), b["tgt"][m]))
        help_ = max(0.15, scale)
        link = b["link"]
        w = link.any(-1)
        if w.any():
            L["link"] = 0.3 * help_ * (F.cross_entropy(pw[w].float(), link[w][:, 0]) + F.cross_entropy(ps[w].float(), link[w][:, 1])
                                       + F.cross_entropy(pc[w].float(), link[w][:, 2]))
        if len(b["ev"]):
            a = att[b["ev_b"], 0, b["ev_t"], tok.image_at:b["split"]]
            L["look"] = 0.15 * help_ * -torch.logsumexp(a.masked_fill(~b["ev"], -1e4), -1).clamp(min=-12).mean()
        sum(L.values()).backward()
        torch.nn.utils.clip_grad_norm_([p for g in ol.opts[-1].param_groups for p in g["params"]], 1.0)
        ol.step(scale)
        op.step(scale)
        step += 1
        n += 1
        for k, x in L.items():
            avg[k] = avg.get(k, 0) + x.item()
        if step % 50 == 0:
            line = f"{step} {progress:.3f} {(time.time() - t0) / 60:.1f}min " + " ".join(f"{k}={x / n:.3f}" for k, x in avg.items())
            avg, n = {}, 0
            if step % args.evaluate == 0:
                line += "\n   val " + show(evaluate(v, l, tok, val))
            print(line, flush=True)
            print(line, file=log, flush=True)
        if step % 100 == 0 or end.stop:
            save(path, c, v, l, pr, ol, op, step, spent + time.time() - t0)
        if end.stop:
            return
    save(path, c, v, l, pr, ol, op, step, spent + time.time() - t0)
    print("final", show(evaluate(v, l, tok, val)), flush=True)


def save(path, c, v, l, pr, ol, op, step, spent):
    torch.save(dict(config=config_dict(c), v=v.state_dict(), l=l.state_dict(), p=pr.state_dict(), ol=ol.state_dict(),
                    op=op.state_dict(), step=step, spent=spent), path + ".tmp")
    os.replace(path + ".tmp", path)
