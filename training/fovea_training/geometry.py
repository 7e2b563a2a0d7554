"""LLaVA-NeXT anyres geometry (PIL reference) and the labels of every patch that go with it."""
from math import ceil

import numpy as np
from PIL import Image

from .world import *

MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def pinpoints(tile):
    return [[tile, 2 * tile], [2 * tile, tile], [2 * tile, 2 * tile]]


def best_resolution(h, w, points):
    best, be, bw = None, 0, 0
    for H, W in points:
        s = min(W / w, H / h)
        dw, dh = int(w * s), int(h * s)
        eff = min(dw * dh, w * h)
        waste = H * W - eff
        if best is None or eff > be or (eff == be and waste < bw):
            best, be, bw = (H, W), eff, waste
    return best


class Layout:
    """Where everything goes for one picture size."""

    def __init__(self, w, h, tile, grid):
        H, W = best_resolution(h, w, pinpoints(tile))
        self.tile, self.grid, self.w, self.h = tile, grid, w, h
        sw, sh = W / w, H / h
        if sw < sh:
            self.nw, self.nh = W, min(ceil(h * sw), H)
        else:
            self.nh, self.nw = H, min(ceil(w * sh), W)
        self.left, self.top = (W - self.nw) // 2, (H - self.nh) // 2
        self.W, self.H = W, H
        self.gh, self.gw = H // tile, W // tile
        hc, wc = grid * self.gh, grid * self.gw
        r0 = c0 = 0
        if w * hc > wc * h:
            r0 = (hc - (h * wc) // w) // 2
        else:
            c0 = (wc - (w * hc) // h) // 2
        self.rows, self.cols = (r0, hc - r0), (c0, wc - c0)
        # index of every packed image token in [base | tiles] patch order; -1 is a newline
        n = grid * grid
        m = np.zeros((hc, wc), np.int64)
        for i in range(self.gh):
            for j in range(self.gw):
                m[i * grid:(i + 1) * grid, j * grid:(j + 1) * grid] = (1 + i * self.gw + j) * n + np.arange(n).reshape(grid, grid)
        m = m[self.rows[0]:self.rows[1], self.cols[0]:self.cols[1]]
        m = np.concatenate([m, np.full((m.shape[0], 1), -1)], 1)
        self.pack = np.concatenate([np.arange(n), m.ravel()])
        # (scale x, scale y, offset x, offset y) of base and tiles
        self.maps = [(tile / w, tile / h, 0.0, 0.0)]
        for i in range(self.gh):
            for j in range(self.gw):
                self.maps.append((self.nw / w, self.nh / h, self.left - j * tile, self.top - i * tile))

    def tiles(self, im):
        """uint8 [1 + gh*gw, tile, tile, 3]: base first."""
        t = self.tile
        base = np.asarray(im if im.size == (t, t) else im.resize((t, t), Image.BICUBIC))
        full = im if im.size == (self.nw, self.nh) else im.resize((self.nw, self.nh), Image.BICUBIC)
        canvas = np.zeros((self.H, self.W, 3), np.uint8)
        canvas[self.top:self.top + self.nh, self.left:self.left + self.nw] = np.asarray(full)
        return np.concatenate([base[None], canvas.reshape(self.gh, t, self.gw, t, 3).swapaxes(1, 2).reshape(-1, t, t, 3)])


_layouts = {}


def layout(w, h, tile, grid):
    k = (w, h, tile, grid)
    if k not in _layouts:
        _layouts[k] = Layout(*k)
    return _layouts[k]


def normalise(tiles):
    """uint8 [..., t, t, 3] -> float32 [..., 3, t, t]"""
    return np.moveaxis((tiles.astype(np.float32) / 255 - MEAN) / STD, -1, -3)


SX, SY = 3, 2                       # character slots of a patch
N_CLS = len(WORDS) + 10 + 8 + len(CHARS) + 5 + len(GROUNDS)
IGN = -100


def overlap(boxes, grid, patch):
    """Share of every patch that a box covers: [n, grid, grid]."""
    e = np.arange(grid) * patch
    b = boxes[:, None]
    ox = np.clip(np.minimum(b[..., 2], e + patch) - np.maximum(b[..., 0], e), 0, None)
    oy = np.clip(np.minimum(b[..., 3], e + patch) - np.maximum(b[..., 1], e), 0, None)
    return oy[:, :, None] * ox[:, None, :] / (patch * patch)


def map_boxes(boxes, m):
    sx, sy, ox, oy = m
    return boxes * np.array([sx, sy, sx, sy]) + np.array([ox, oy, ox, oy])


def picture_labels(p, lay):
    """Labels of every patch of base and tiles, as a dict of arrays with leading dimensions [tiles, patches]."""
    g, t = lay.grid, lay.tile
    patch, n, P = t / g, g * g, len(lay.maps)
    chars = np.array(p.chars, np.float64).reshape(-1, 4)
    fb = np.array([f.box for f in p.fields], np.float64).reshape(-1, 4)
    fcap = np.array([f.cap for f in p.fields])
    fword = np.array([WORD_ID.get(f.text, 0) for f in p.fields], np.int64)
    fchars = np.zeros((len(p.fields), MAX_FIELD), np.int64)
    flen = np.array([len(f.text) for f in p.fields])
    fval = np.array([f.value for f in p.fields], bool)
    flink = np.array([(f.key, 1 + f.host[0] if f.host else 0, 1 + f.host[1] if f.host else 0) for f in p.fields], np.int64).reshape(-1, 3)
    for i, f in enumerate(p.fields):
        if f.value:
            fchars[i, :len(f.text)] = [CHAR_ID[c] for c in f.text]
    ob = np.array([o.box for o in p.objs], np.float64).reshape(-1, 4)
    oshape = np.array([o.shape for o in p.objs], np.int64)
    ocolor = np.array([o.color for o in p.objs], np.int64)
    obig = np.array([o.big for o in p.objs], bool)
    out = dict(slots=np.zeros((P, n, SX * SY), np.int64), field=np.full((P, n, MAX_FIELD), IGN, np.int64),
               word=np.zeros((P, n), np.int64), shape=np.zeros((P, n), np.int64), color=np.zeros((P, n), np.int64),
               link=np.zeros((P, n, 3), np.int64), content=np.zeros((P, n), bool), cls=np.zeros((P, N_CLS), np.float32),
               ground=np.full((P, n), GROUND_NAMES.index(p.ground), np.int64))
    for k, m in enumerate(lay.maps):
        sx, sy, ox, oy = m
        readable = 5.0 / sy
        if len(chars):
            cx, cy = chars[:, 0] * sx + ox, chars[:, 1] * sy + oy
            ok = (cx >= 0) & (cx < t) & (cy >= 0) & (cy < t)
            # punctuation first: a letter in the same slot wins
            order = np.argsort(chars[:, 2] <= 36, kind="stable")
            order = order[ok[order]]
            gx, gy = (cx / (patch / SX)).astype(int), (cy / (patch / SY)).astype(int)
            pi = (gy // SY) * g + gx // SX
            si = (gy % SY) * SX + gx % SX
            lab = np.where(chars[:, 3] >= readable, chars[:, 2], IGN).astype(np.int64)
            out["slots"][k, pi[order], si[order]] = lab[order]
            for c in np.unique(chars[ok & (chars[:, 3] >= readable), 2].astype(int)):
                out["cls"][k, len(WORDS) + 18 + c - 1] = 1
        if len(fb):
            b = map_boxes(fb, m)
            ov = overlap(b, g, patch).reshape(len(fb), n)
            vis = np.clip(np.minimum(b[:, 2], t) - np.maximum(b[:, 0], 0), 0, None) * np.clip(np.minimum(b[:, 3], t) - np.maximum(b[:, 1], 0), 0, None)
            vis = vis / ((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]))
            w = ov.argmax(0)
            hit = ov[w, np.arange(n)] > 0.08
            out["content"][k] |= ov.max(0) > 0.08
            legible = (fcap >= readable)
            start = (b[:, 0] >= -2) & (b[:, 1] >= -2) & (b[:, 3] <= t + 2)
            wl = np.where(legible, fword, IGN)
            wl = np.where((vis < 0.8) & (wl > 0), IGN, wl)
            out["word"][k][hit] = wl[w][hit]
            # value characters, only those that are inside the tile
            cwid = (b[:, 2] - b[:, 0]) / np.maximum(flen, 1)
            ce = b[:, :1] + cwid[:, None] * (np.arange(MAX_FIELD) + 0.9)
            fl = np.where((ce <= t) | (np.arange(MAX_FIELD) >= flen[:, None]), fchars, IGN)
            fl = np.where((np.arange(MAX_FIELD) >= flen[:, None]) & (vis < 0.95)[:, None], IGN, fl)
            fl[~(fval & legible & start)] = IGN
            out["field"][k][hit] = fl[w][hit]
            out["link"][k][hit] = flink[w][hit]
            seen = legible & (vis > 0.9) & (fword > 0)
            out["cls"][k, fword[seen] - 1] = 1
        if len(ob):
            b = map_boxes(ob, m)
            ov = overlap(b, g, patch).reshape(len(ob), n)
            area = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
            vis = np.clip(np.minimum(b[:, 2], t) - np.maximum(b[:, 0], 0), 0, None) * np.clip(np.minimum(b[:, 3], t) - np.maximum(b[:, 1], 0), 0, None) / area
            small = ov * np.where(obig, 0.3, 1.0)[:, None]      # small things in front of big ones
            w = small.argmax(0)
            mx = ov[w, np.arange(n)]
            hit = (mx > 0.12) | (mx * patch * patch > 0.4 * area[w])
            out["content"][k] |= hit
            legible = (b[:, 3] - b[:, 1] >= 4.5) & (vis > 0.6)
            out["shape"][k][hit] = np.where(legible, oshape + 1, IGN)[w][hit]
            out["color"][k][hit] = np.where(legible, ocolor + 1, IGN)[w][hit]
            out["cls"][k, len(WORDS) + oshape[legible]] = 1
            out["cls"][k, len(WORDS) + 10 + ocolor[legible]] = 1
        out["cls"][k, len(WORDS) + 18 + len(CHARS) + KINDS.index(p.kind)] = 1
        out["cls"][k, len(WORDS) + 23 + len(CHARS) + GROUND_NAMES.index(p.ground)] = 1
    return out


def evidence(boxes, lay):
    """Boolean [tiles, patches]: patches that a box of the evidence covers."""
    b = np.array(boxes, np.float64).reshape(-1, 4)
    g, patch = lay.grid, lay.tile / lay.grid
    r = np.zeros((len(lay.maps), g * g), bool)
    for k, m in enumerate(lay.maps):
        mb = map_boxes(b, m)
        ov = overlap(mb, g, patch).reshape(len(b), -1)
        area = (mb[:, 2] - mb[:, 0]) * (mb[:, 3] - mb[:, 1]) / patch ** 2
        r[k] = ((ov > 0.12) | (ov > 0.3 * area[:, None])).any(0)
    return r
