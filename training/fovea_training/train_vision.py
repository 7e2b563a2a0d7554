"""Stage 1: the vision tower, with dense targets for every patch and a supervised class token.

The heads read the output of layer n-2 (the features that the language model gets); the last layer only serves the class
token. Class attention of layers 0 and n-2 is pulled towards the patches that hold text or objects.
"""
import json
import math
import os
import signal
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .geometry import IGN, MEAN, N_CLS, STD, SX, SY, layout, picture_labels
from .model import Config, Optim, Vision, config_dict
from .scenes import make
from .world import *

KEYS_D = ("slots", "field", "word", "shape", "color", "ground", "content", "cls")
NC, NW = len(CHARS) + 1, len(WORDS) + 1
SIZES = dict(slots=SX * SY * NC, field=MAX_FIELD * NC, word=NW, shape=11, color=9, ground=len(GROUNDS))


class Heads(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm = nn.LayerNorm(c.v_dim)
        self.heads = nn.Linear(c.v_dim, sum(SIZES.values()))
        self.heads_cls = nn.Linear(c.v_dim, N_CLS)

    def forward(self, f, cls):
        y = self.heads(self.norm(f)).split(list(SIZES.values()), -1)
        return dict(zip(SIZES, y)), self.heads_cls(cls) if cls is not None else None


def picture_tiles(seed, split, c, base=True, kind=None):
    p = make(seed, split, c.tile, kind=kind)
    lay = layout(*p.image.size, c.tile, c.grid)
    t, lab = lay.tiles(p.image), picture_labels(p, lay)
    s = slice(0 if base else 1, None)
    return t[s], {k: lab[k][s] for k in KEYS_D}


class Stream(torch.utils.data.IterableDataset):
    """Endless batches of tiles; batch i depends only on i."""

    def __init__(self, c, batch, start=0, split="train", seed=0):
        self.c, self.batch, self.start, self.split, self.seed = c, batch, start, split, seed

    def __iter__(self):
        w = torch.utils.data.get_worker_info()
        if w:
            os.nice(0)
            torch.set_num_threads(1)
        i = self.start + (w.id if w else 0)
        while True:
            yield self.one(i)
            i += w.num_workers if w else 1

    def one(self, i):
        ts, ls, n, k = [], [], 0, 0
        while n < self.batch:
            t, l = picture_tiles((i * 100 + k) * 7 + self.seed, self.split, self.c, base=(k % 3 == 0),
                                 kind="sheet" if self.split == "train" and k % 10 < (7 if i < 2000 else 4) else None)
            if self.split == "train":                            # tiles with little in them teach little
                rich = l["content"].sum(1)
                keep = np.random.default_rng([self.seed, i, k]).random(len(t)) < 0.2 + rich / 12
                t, l = t[keep], {n_: x[keep] for n_, x in l.items()}
            ts.append(t)
            ls.append(l)
            n += len(t)
            k += 1
        t = np.concatenate(ts)[:self.batch]
        return torch.from_numpy(t), {k: torch.from_numpy(np.concatenate([l[k] for l in ls])[:self.batch]) for k in KEYS_D}


def to_input(t, device="cpu"):
    """uint8 [n, t, t, 3] -> normalised [n, 3, t, t] on the device"""
    x = t.to(device).float() / 255
    return ((x - torch.from_numpy(MEAN).to(device)) / torch.from_numpy(STD).to(device)).permute(0, 3, 1, 2).contiguous()


def move(b, device):
    return {k: x.to(device, non_blocking=True) if torch.is_tensor(x) else x for k, x in b.items()}


def ce(logits, target, n, none_weight=None):
    w = None
    if none_weight is not None:
        w = torch.ones(n, device=logits.device)
        w[0] = none_weight
    if (target == IGN).all():
        return logits.sum() * 0
    return F.cross_entropy(logits.float().reshape(-1, n), target.reshape(-1), weight=w, ignore_index=IGN)


def losses(out, cls, att, y):
    fld = y["field"]
    L = dict(
        slots=ce(out["slots"], y["slots"], NC, 0.15), field=ce(out["field"], fld, NC), word=0.5 * ce(out["word"], y["word"], NW, 0.1),
        shape=0.4 * ce(out["shape"], y["shape"], 11, 0.15), color=0.4 * ce(out["color"], y["color"], 9, 0.15),
        ground=0.3 * ce(out["ground"], y["ground"], len(GROUNDS)),
        cls=8 * F.binary_cross_entropy_with_logits(cls.float(), y["cls"]))
    m = y["content"].float()
    has = m.sum(1) > 0
    tgt = m / m.sum(1, keepdim=True).clamp(min=1)
    for k, a, w in (("att0", att[0], 0.1), ("att", att[1], 0.25)):
        mean = a.logsumexp(1) - math.log(a.shape[1])        # log of the mean over heads
        L[k] = -w * (tgt * mean).sum(1)[has].mean()
    return L


def auroc(score, mask):
    """Mean over tiles of the probability that a content patch scores above another."""
    r = []
    for s, m in zip(score, mask):
        n1, n0 = m.sum(), (~m).sum()
        if n1 and n0:
            rank = s.argsort().argsort().astype(np.float64)
            r.append((rank[m].sum() - n1 * (n1 - 1) / 2) / (n1 * n0))
    return float(np.mean(r)) if r else float("nan")


@torch.no_grad()
def evaluate(v, h, batches):
    acc, dev = {}, next(v.parameters()).device

    def add(k, ok):
        a = acc.setdefault(k, [0, 0])
        a[0] += int(ok.sum())
        a[1] += ok.numel()
    au = {0: [], 1: []}
    for t, y in batches:
        with torch.autocast(dev.type, torch.bfloat16):
            f, cls, att = v(to_input(t, dev))
            out, cl = h(f, cls)
        out, cl, att = {k: x.float().cpu() for k, x in out.items()}, cl.float().cpu(), [a.cpu() for a in att]
        s = out["slots"].reshape(*y["slots"].shape, NC).argmax(-1)
        m = y["slots"] > 0
        add("char", (s == y["slots"])[m])
        m = y["slots"] == 0
        add("blank", (s == y["slots"])[m])
        s = out["field"].reshape(*y["field"].shape, NC).argmax(-1)
        m = y["field"] != IGN
        add("field_char", (s == y["field"])[m])
        full = m.all(-1)
        add("field", (s == y["field"]).all(-1)[full])
        for k, n in (("word", NW), ("shape", 11), ("color", 9)):
            m = y[k] > 0
            add(k, (out[k].argmax(-1) == y[k])[m])
        add("ground", out["ground"].argmax(-1) == y["ground"])
        p = cl > 0
        add("cls_recall", p[y["cls"] > 0])
        add("cls_precision", (y["cls"] > 0)[p])
        for i in (0, 1):
            au[i].append(auroc(att[i].exp().sum(1).numpy(), y["content"].numpy()))
    r = {k: round(a / max(n, 1), 4) for k, (a, n) in acc.items()}
    r["auroc0"], r["auroc"] = (round(float(np.nanmean(au[i])), 4) for i in (0, 1))
    return r


class Finish:
    """Learning-rate schedule: constant, then linear to zero over the last 60 % of the run; or, where nobody knows how much
    processor time there will be, constant until a file appears that holds the number of steps of the decay."""

    def __init__(self, path):
        self.path, self.at, self.n, self.stop = path, None, 0, False
        signal.signal(signal.SIGTERM, self.quit)

    def quit(self, *_):
        """Ends after this step; the next start goes on from there."""
        self.stop = True

    def scale(self, step, progress):
        if self.at is None and step % 5 == 0 and os.path.exists(self.path):
            with open(self.path) as f:
                self.at, self.n = step, int(f.read() or 200)
        if self.at is not None:
            return 1 - (step - self.at) / self.n
        return min(1, (1 - progress) / 0.6 + 0.01)


def train(args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    os.makedirs(args.out, exist_ok=True)
    c = Config(**json.loads(args.config))
    v, h = Vision(c).to(args.device), Heads(c).to(args.device)
    opt_v, opt_h = Optim(v, args.lr, 2e-3), Optim(h, args.lr, 3e-3)
    step, spent = 0, 0.0
    path = f"{args.out}/vision.pt"
    if os.path.exists(path):
        s = torch.load(path, weights_only=False, map_location=args.device)
        v.load_state_dict(s["v"])
        h.load_state_dict(s["h"])
        opt_v.load_state_dict(s["ov"])
        opt_h.load_state_dict(s["oh"])
        step, spent = s["step"], s["spent"]
    data = iter(torch.utils.data.DataLoader(Stream(c, args.batch, step, seed=args.seed), batch_size=None, num_workers=args.workers,
                                            prefetch_factor=4))
    val = [Stream(c, 128, i, "val").one(i) for i in range(3)]
    log = open(f"{args.out}/vision.log", "a")
    avg, n, t0, end = {}, 0, time.time(), Finish(f"{args.out}/vision.finish")
    while True:
        now = spent + time.time() - t0
        progress = max(step / args.steps, now / (args.minutes * 60) if args.minutes else 0)
        if progress >= 1:
            break
        scale = min(1, (step + 1) / 100) * end.scale(step, progress)
        if scale <= 0:
            break
        t, y = next(data)
        y = move(y, args.device)
        with torch.autocast(args.device, torch.bfloat16):
            f, cls, att = v(to_input(t, args.device))
            out, cl = h(f, cls)
        L = losses(out, cl, att, y)
        sum(L.values()).backward()
        opt_v.step(scale)
        opt_h.step(scale)
        step += 1
        n += 1
        for k, x in L.items():
            avg[k] = avg.get(k, 0) + x.item()
        if step % 50 == 0:
            line = f"{step} {progress:.3f} {(time.time() - t0) / 60:.1f}min " + " ".join(f"{k}={x / n:.3f}" for k, x in avg.items())
            avg, n = {}, 0
            if step % 250 == 0:
                v.eval()
                line += "\n   val " + json.dumps(evaluate(v, h, val))
                v.train()
            print(line, flush=True)
            print(line, file=log, flush=True)
        if step % 100 == 0 or end.stop:
            save(path, c, v, h, opt_v, opt_h, step, spent + time.time() - t0)
        if end.stop:
            return
    r = evaluate(v, h, val)
    print("final", json.dumps(r))
    print("final", json.dumps(r), file=log, flush=True)
    save(path, c, v, h, opt_v, opt_h, step, spent + time.time() - t0)


def save(path, c, v, h, ov, oh, step, spent):
    torch.save(dict(config=config_dict(c), v=v.state_dict(), h=h.state_dict(), ov=ov.state_dict(), oh=oh.state_dict(), step=step,
                    spent=spent), path + ".tmp")
    os.replace(path + ".tmp", path)
