"""The generator: a seed gives a picture, everything that is in it, and questions with their answers and evidence."""
from dataclasses import dataclass, field as dfield
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .glyphs import STYLES, TEST_STYLES, TRAIN_STYLES, glyph, text_width
from .icons import icon
from .world import *

#: width x height of pictures, as multiples of the tile side; most are 2x2
SHAPES_WH = [((2, 2), 0.46), ((2, 1), 0.17), ((1, 2), 0.17), ((2, 1.7), 0.1), ((1.7, 2), 0.1)]


@dataclass
class Field:
    """A word or value on the picture."""
    text: str
    box: tuple
    cap: float                       # cap height in pixels
    value: bool                      # an answer that is read character by character
    key: int = 0                     # word id of the key this value belongs to
    host: tuple = None               # (shape id, colour id) of the object this label belongs to


@dataclass
class Obj:
    shape: int
    color: int
    box: tuple
    big: bool = False


@dataclass
class QA:
    question: str
    answer: str
    task: str
    boxes: list
    size_px: float
    thumbnail: bool = False


@dataclass
class Picture:
    image: Image.Image
    kind: str
    ground: str
    style: str
    chars: list = dfield(default_factory=list)     # (centre x, centre y, char id, cap height)
    fields: list = dfield(default_factory=list)
    objs: list = dfield(default_factory=list)
    qas: list = dfield(default_factory=list)


def shade(c, f):
    return tuple(int(max(0, min(255, v * f))) for v in c)


def mix(a, b, t):
    return tuple(int(x * (1 - t) + y * t) for x, y in zip(a, b))


@lru_cache(64)
def _noise(seed, w, h, cell):
    r = np.random.default_rng(seed)
    a = r.normal(0, 1, (max(2, h // cell), max(2, w // cell))).astype(np.float32)
    im = Image.fromarray(a, "F").resize((w, h), Image.BICUBIC)
    return np.asarray(im)[..., None]


class Painter:
    def __init__(self, seed, split, tile, kind=None, wh=None, style=None):
        self.r = r = np.random.default_rng(np.random.SeedSequence([seed, {"train": 11, "val": 12, "test": 13, "example": 14}[split]]))
        self.split = split
        if wh is None:
            i = r.choice(len(SHAPES_WH), p=[p for _, p in SHAPES_WH])
            wh = SHAPES_WH[i][0]
            if wh == (2, 1) and kind == "receipt":
                wh = (1, 2)
        self.W, self.H = int(round(wh[0] * tile)), int(round(wh[1] * tile))
        self.tile = tile
        styles = list(TEST_STYLES) if split == "test" else list(TRAIN_STYLES)
        self.style = style or styles[r.integers(len(styles))]
        self.u = tile / 126                                  # unit: everything scales with the tile
        self.kind = kind or KINDS[r.choice(5, p=[0.26, 0.2, 0.26, 0.18, 0.1])]
        self.occupied = []

    # ---- helpers
    def rnd(self, a, b):
        return a + (b - a) * self.r.random()

    def ri(self, a, b):
        return int(self.r.integers(a, b + 1))

    def pick(self, xs):
        return xs[self.r.integers(len(xs))]

    def sample(self, xs, n):
        return [xs[i] for i in self.r.permutation(len(xs))[:n]]

    def jitter(self, c, k=14):
        return tuple(int(np.clip(v + self.r.integers(-k, k + 1), 0, 255)) for v in c)

    def canvas(self, ground, amount=5):
        base = np.array(self.jitter(GROUNDS[ground], 8), np.float32)
        W, H = self.W, self.H
        g = np.linspace(self.rnd(-10, 0), self.rnd(0, 10), H, dtype=np.float32)[:, None, None]
        if self.r.random() < 0.5:
            g = np.linspace(self.rnd(-10, 0), self.rnd(0, 10), W, dtype=np.float32)[None, :, None]
        a = base + g + _noise(self.ri(0, 15), W, H, self.pick([3, 12, 40])) * self.rnd(0, amount)
        if ground == "brown":                                   # wood: horizontal grain
            a = a + _noise(self.ri(16, 23), W, H, 2)[:, :1] * 5
        self.im = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
        self.d = ImageDraw.Draw(self.im)
        self.p = Picture(self.im, self.kind, ground, self.style)

    def text(self, x, y, s, cap, color, value=False, style=None, right=False, key=0, host=None, store=True):
        """Draws s with the top of its capitals at y; returns the field."""
        style = style or self.style
        if right:
            x -= text_width(style, cap, s)
        x0 = x
        for c in s:
            if c == " ":
                x += cap * 0.45
                continue
            m, adv = glyph(style, cap, c)
            self.im.paste(color, (int(round(x)) - 1, int(round(y)) - 1), m)
            self.p.chars.append((round(x) + adv / 2 - 0.3, round(y) + cap / 2, CHAR_ID[c], cap))
            x += adv
        f = Field(s, (int(x0) - 1, int(y) - 1, int(x) + 1, int(y + cap) + 2), cap, value, key, host)
        if store:
            self.p.fields.append(f)
        return f

    def icon(self, shape, color, x, y, size, big=False, shadow=True):
        body, det = icon(shape, size)
        c = self.jitter(COLORS[color], 12)
        x, y = int(x), int(y)
        if shadow:
            sh = body.point(lambda v: v * 50 // 255)
            self.im.paste((0, 0, 0), (x + 1, y + 1), sh)
        self.im.paste(c, (x, y), body)
        self.im.paste(shade(c, 0.55) if sum(c) > 200 else shade((90, 90, 96), 1), (x, y), det)
        o = Obj(SHAPES.index(shape), COLOR_NAMES.index(color), (x, y, x + size, y + size), big)
        self.p.objs.append(o)
        return o

    def free(self, w, h, pad=2, tries=30, area=None, seams=True):
        """A free place for a w x h thing; small things usually stay clear of the tile seams."""
        ax0, ay0, ax1, ay1 = area or (2, 2, self.W - 2, self.H - 2)
        if ax1 - ax0 < w or ay1 - ay0 < h:
            return None
        for _ in range(tries):
            x, y = self.rnd(ax0, ax1 - w), self.rnd(ay0, ay1 - h)
            if any(x < b[2] + pad and x + w > b[0] - pad and y < b[3] + pad and y + h > b[1] - pad for b in self.occupied):
                continue
            if seams and self.r.random() < 0.85:
                sx, sy = self.W / 2, self.H / 2
                if (self.W > 1.5 * self.tile and x < sx < x + w) or (self.H > 1.5 * self.tile and y < sy < y + h):
                    continue
            self.occupied.append((x, y, x + w, y + h))
            return int(x), int(y)
        return None

    def off_seam(self, y, h):
        """Moves a text row off the horizontal seam."""
        s = self.H / 2
        if self.H > 1.5 * self.tile and y - 1 < s < y + h + 1:
            return s + 1 + self.r.random()
        return y

    def cap(self, lo=7.0, hi=9.5):
        return round(self.u * self.rnd(lo, hi) * 2) / 2

    def ink(self, paper):
        if sum(paper) > 360:
            return self.pick([(22, 22, 26), (30, 34, 80), (60, 26, 30), (20, 56, 40), (56, 52, 58)])
        return self.pick([(246, 246, 240), (250, 232, 170), (214, 240, 250)])

    def code(self, n=None):
        n = n or self.pick([3, 3, 4])
        s = self.pick(CODE_LETTERS) + "".join(str(self.ri(0, 9)) for _ in range(n - 1))
        return s

    def number(self, n=None):
        return "".join(str(self.ri(1 if i == 0 else 0, 9)) for i in range(n or self.ri(2, 4)))

    def price(self):
        return f"{self.ri(1, 9) if self.r.random() < 0.9 else self.ri(10, 19)}.{self.ri(0, 9)}{self.pick('05') if self.r.random() < .3 else self.ri(0, 9)}"

    def form_value(self, key):
        if key == NAME_KEY:
            return self.pick(NAMES)
        if key == "DATE":
            return f"{self.ri(1, 12):02d}-{self.ri(1, 28):02d}"
        digits = {"AGE": 2, "SIZE": 2, "FLOOR": 2, "WEIGHT": self.ri(2, 3), "PHONE": 4, "ORDER": 4, "TABLE": 2}.get(key)
        if digits:
            return self.number(digits)
        return self.code() if key in ("SEAT", "GATE", "CODE") or self.r.random() < 0.5 else self.number(3)

    def ask(self, templates, answer, task, boxes, size, thumb=False, **kw):
        self.p.qas.append(QA(self.pick(templates).format(**kw), answer, task, [tuple(map(int, b)) for b in boxes], float(size), thumb))

    # ---- kinds
    def draw(self):
        getattr(self, self.kind)()
        if self.kind == "sheet":
            return self.p
        self.coarse()
        return self.p

    def coarse(self):
        full = (0, 0, self.W, self.H)
        self.ask(["What kind of picture is this?", "What does the picture show?"], self.kind, "coarse", [full], min(self.W, self.H), True)
        self.ask(["What is the background color?", "What color is the background?"], self.p.ground, "coarse", [full], min(self.W, self.H), True)

    def paper(self, m=None):
        """A sheet on the background; returns its rectangle."""
        W, H = self.W, self.H
        mx = m if m is not None else self.ri(3, max(4, int(W * 0.07)))
        my = m if m is not None else self.ri(3, max(4, int(H * 0.05)))
        box = (mx, my, W - mx - 1, H - my - 1)
        c = self.jitter(self.pick([(252, 251, 246), (250, 247, 236), (244, 248, 252), (252, 250, 250)]), 3)
        sh = Image.new("L", self.im.size)
        ImageDraw.Draw(sh).rectangle((box[0] + 2, box[1] + 3, box[2] + 2, box[3] + 3), fill=90)
        self.im.paste((0, 0, 0), (0, 0), sh.filter(ImageFilter.BoxBlur(2)))
        self.d.rectangle(box, fill=c)
        return box, c

    def exist_words(self, present, pool, what):
        absent = [w for w in pool if w not in present]
        for yes in (True, False):
            w = self.pick(present) if yes else self.pick(absent)
            boxes = [f.box for f in self.p.fields if f.text == w] if yes else [f.box for f in self.p.fields if f.text in pool]
            self.ask([f"Is there {{w}} on the {what}?", f"Does the {what} list {{w}}?"], "yes" if yes else "no", "existence",
                     boxes, min(f.cap for f in self.p.fields), w=w.lower())

    def receipt(self):
        self.canvas(self.pick(GROUND_NAMES))
        (x0, y0, x1, y1), pc = self.paper()
        ink = self.ink(pc)
        cap = self.cap(7.5, 8.5) if self.W < 1.5 * self.tile else self.cap(7.5, 9.5)
        hc = round(self.cap(10, 13))
        y = y0 + self.ri(5, 9)
        head = self.pick(HEADS[:4])
        wd = text_width(self.style, hc, head)
        hf = self.text((x0 + x1 - wd) / 2, y, head, hc, ink)
        self.ask(["What is printed at the top?", "What is the heading?"], head.lower(), "coarse", [hf.box], hc, True)
        y += hc + self.ri(6, 9)
        self.d.line((x0 + 5, y - 3, x1 - 5, y - 3), fill=mix(ink, pc, 0.55))
        # content may take the whole width or a narrower column in the middle
        inner = self.ri(5, 10) if self.W < 1.5 * self.tile else self.ri(8, 34)
        lx, rx = x0 + inner, x1 - inner
        pitch = cap + self.rnd(4.5, 8)
        rows = max(2, int((y1 - y - 12 - 2.2 * pitch) // pitch))
        n = min(rows, self.ri(3, 11))
        items = self.sample(ITEMS, n)
        sums = ["TOTAL"] if n + 1 > rows or self.r.random() < 0.4 else self.pick([["TAX", "TOTAL"], ["TOTAL", "CASH"]])
        got, cents = [], {"TOTAL": 0}
        for w in items + sums:
            if w == sums[0]:
                y += 3
                self.d.line((lx, y - 2, rx, y - 2), fill=mix(ink, pc, 0.4))
                y += 2
            y = self.off_seam(y, cap)
            v = self.price() if w in ITEMS else f"{cents[w] / 100:.2f}"
            if w in ITEMS:
                if cents["TOTAL"] + round(float(v) * 100) > 8800:
                    v = f"0.{self.ri(10, 99)}"
                cents["TOTAL"] += round(float(v) * 100)
                cents["TAX"] = cents["TOTAL"] // 12
                cents["CASH"] = -(-cents["TOTAL"] // 500) * 500
            elif w == "TAX":
                cents["TOTAL"] += cents["TAX"]
            self.text(lx, y, w, cap, ink)
            f = self.text(rx, y, v, cap, ink, value=True, right=True, key=WORD_ID[w])
            k = self.p.fields[-2]
            got.append((w, v, k, f))
            y += pitch
        if y < y1 - 12 and self.r.random() < 0.7:               # a bar code, decoration only
            bx = self.ri(x0 + 10, x0 + 30)
            by = max(y + 2, y1 - self.ri(12, 20))
            while bx < x1 - 12:
                wbar = self.ri(1, 3)
                self.d.rectangle((bx, by, bx + wbar - 1, y1 - 4), fill=ink)
                bx += wbar + self.ri(1, 3)
        for i in self.r.permutation(len(got))[:7]:
            w, v, k, f = got[i]
            if w in ITEMS:
                t = ["What is the price of {w}?", "How much is the {w}?", "How much does the {w} cost?"]
            else:
                t = ["What is the {w}?", "How much is the {w}?"]
            self.ask(t, v, "keyvalue", [k.box, f.box], cap, w=w.lower())
        self.exist_words(items, ITEMS, "receipt")
        if n <= 8:
            self.ask(["How many items are on the receipt?"], str(n), "count", [g[2].box for g in got[:n]], cap)

    def form(self):
        self.canvas(self.pick(GROUND_NAMES))
        (x0, y0, x1, y1), pc = self.paper()
        ink = self.ink(pc)
        head = self.pick(HEADS[4:7])
        accent = self.pick([c for c in COLOR_NAMES])
        hc = round(self.cap(10, 13))
        bar = hc + self.ri(7, 11)
        ac = self.jitter(COLORS[accent])
        self.d.rectangle((x0, y0, x1, y0 + bar), fill=ac)
        hf = self.text(x0 + self.ri(6, 14), y0 + (bar - hc) // 2, head, hc, self.ink(ac))
        self.ask(["What is printed at the top?", "What is the heading?"], head.lower(), "coarse", [hf.box], hc, True)
        self.ask(["What color is the top bar?", "What color is the header?"], accent, "coarse", [(x0, y0, x1, y0 + bar)], bar, True)
        cap = self.cap(7.5, 9)
        stacked = self.r.random() < 0.4
        pitch = (2 * cap + self.rnd(12, 16)) if stacked else cap + self.rnd(6, 13)
        y = y0 + bar + self.ri(7, 10)
        cols = 2 if self.W > 1.5 * self.tile and (stacked or self.r.random() < 0.35) else 1
        rows = max(1, int((y1 - y - 2) // pitch))
        rows = min(rows, self.ri(3, 7) if cols == 1 else self.ri(2, 5))
        keys = self.sample(KEYS, min(len(KEYS), rows * cols))
        if self.r.random() < 0.7:
            keys[self.r.integers(len(keys))] = NAME_KEY
        cw = (x1 - x0) / cols
        gap = self.ri(46, 62) * self.u
        right = self.r.random() < 0.4
        got = []
        boxed = self.r.random() < 0.5
        ys = []
        for _ in range(rows):
            y = self.off_seam(y, 2 * cap + 6 if stacked else cap)
            ys.append(y)
            y += pitch
        for i, k in enumerate(keys):
            c, rr = i % cols, i // cols
            kx, ky = x0 + 8 + c * cw, ys[rr]
            if ky + (2 * cap + 8 if stacked else cap) > y1 - 1:
                continue
            v = self.form_value(k)
            isname = k == NAME_KEY
            kf = self.text(kx, ky, k, cap, mix(ink, pc, 0.25))
            kw = dict(value=not isname, key=WORD_ID[k])
            if stacked:
                vy = ky + cap + 6
                if boxed:
                    self.d.rectangle((kx - 3, vy - 3, x0 + (c + 1) * cw - 6, vy + cap + 3), outline=mix(ink, pc, 0.6))
                f = self.text(kx, vy, v, cap, ink, **kw)
            elif right:
                f = self.text(x0 + (c + 1) * cw - 8, ky, v, cap, ink, right=True, **kw)
            else:
                f = self.text(kx + gap, ky, v, cap, ink, **kw)
                if boxed:
                    self.d.line((kx + gap - 2, ky + cap + 3, x0 + (c + 1) * cw - 6, ky + cap + 3), fill=mix(ink, pc, 0.6))
            got.append((k, v, kf, f))
        for k, v, kf, f in got[:8]:
            self.ask(["What is the {w}?", "What does the form say for {w}?", "Read the {w}."],
                     v.lower() if k == NAME_KEY else v, "keyvalue", [kf.box, f.box], cap, w=k.lower())
        self.exist_words([g[0] for g in got], KEYS + [NAME_KEY], "form")

    def things(self, n, repeat=True):
        """n (shape, colour) pairs with some repetition, so that counts and distractors exist."""
        combos = []
        while len(combos) < n:
            if repeat and combos and self.r.random() < 0.3:
                combos.append(self.pick(combos))
            elif repeat and combos and self.r.random() < 0.45:
                s, c = self.pick(combos)
                combos.append((self.pick(SHAPES), c) if self.r.random() < 0.5 else (s, self.pick(COLOR_NAMES)))
            else:
                combos.append((self.pick(SHAPES), self.pick(COLOR_NAMES)))
        return combos

    def shelf(self):
        self.canvas(self.pick(GROUND_NAMES))
        W, H = self.W, self.H
        self.p.kind = "shelf"
        wood = self.jitter(self.pick([(150, 108, 70), (196, 170, 136), (108, 84, 66), (226, 226, 224), (120, 126, 134)]), 8)
        size = self.ri(15, 21) * self.u
        cap = self.cap(7.5, 8.5)
        tagh = cap + 5
        unit = size + tagh + self.rnd(6, 10) * self.u
        nrow = max(1, int((H - 4) // unit))
        pitch = (H - 2) / nrow
        pitch = min(pitch, unit * 1.5)
        cell = max(size, 4 * cap * 0.75 + 6) + self.rnd(6, 16) * self.u
        ncol = max(2, int((W - 6) // cell))
        cw = (W - 6) / ncol
        spots = [(r_, c_) for r_ in range(nrow) for c_ in range(ncol)]
        keep = max(3, int(len(spots) * self.rnd(0.35, 0.9)))
        spots = sorted(self.sample(spots, min(keep, len(spots), 16)))
        paper = self.pick([(252, 250, 240), (255, 240, 170), (240, 244, 250), (44, 44, 48)])
        ink = self.ink(paper)
        for r_ in range(nrow):
            by = 2 + r_ * pitch + size + 2
            self.d.rectangle((0, by, W, by + tagh + 1), fill=wood)
            self.d.line((0, by, W, by), fill=shade(wood, 1.2))
            self.d.line((0, by + tagh + 1, W, by + tagh + 1), fill=shade(wood, 0.6))
            self.d.line((0, by + tagh + 2, W, by + tagh + 2), fill=shade(GROUNDS[self.p.ground], 0.8))
        combos = self.things(len(spots))
        usecode = self.r.random() < 0.6
        tags = []
        for (r_, c_), (s, c) in zip(spots, combos):
            sz = int(size - self.ri(0, 3))
            x = 3 + c_ * cw + (cw - sz) / 2 + self.rnd(-2, 2)
            y = 2 + r_ * pitch + size - sz + 2
            o = self.icon(s, c, x, y, sz)
            if self.r.random() < 0.8:
                v = self.code() if usecode else self.price()[-4:] if self.r.random() < 0.5 else self.code()
                tw = text_width(self.style, cap, v)
                tx = np.clip(3 + c_ * cw + (cw - tw) / 2, 3, W - tw - 3)
                sx = W / 2
                if W > 1.5 * self.tile and tx - 1 < sx < tx + tw + 1:
                    tx = sx + 2 if tx + tw / 2 > sx else sx - tw - 3
                ty = 2 + r_ * pitch + size + 4
                ty = self.off_seam(ty, cap)
                if tags and tags[-1][1].box[1] == int(ty) - 1 and tags[-1][1].box[2] > tx - 4:
                    continue                                    # no room beside the last tag
                self.d.rectangle((tx - 3, ty - 2, tx + tw + 1, ty + cap + 1), fill=paper)
                f = self.text(tx, ty, v, cap, ink, value=True, host=(o.shape, o.color))
                tags.append((o, f))
        uniq = [(o, f) for o, f in tags if sum(q.shape == o.shape and q.color == o.color for q in self.p.objs) == 1]
        for i in self.r.permutation(len(uniq))[:6]:
            o, f = uniq[i]
            s, c = SHAPES[o.shape], COLOR_NAMES[o.color]
            self.ask(["What is the label of the {c} {s}?", "What is written under the {c} {s}?", "Read the tag of the {c} {s}."],
                     f.text, "code", [o.box, f.box], f.cap, c=c, s=s)
        self.object_questions()

    def scene(self):
        day = self.r.random() < 0.6
        ground = self.pick(["blue", "gray", "pink", "yellow"])
        self.canvas(ground, 3)
        W, H = self.W, self.H
        a = np.asarray(self.im).astype(np.float32)
        land = self.jitter(self.pick([(126, 178, 98), (206, 188, 132), (232, 236, 242), (150, 160, 120)]), 10)
        hor = int(H * self.rnd(0.55, 0.8))
        xs = np.arange(W)
        hill = hor + np.sin(xs / W * self.rnd(3, 9) + self.rnd(0, 6)) * H * 0.05 + np.sin(xs / W * self.rnd(9, 16)) * H * 0.02
        m = np.clip(np.arange(H)[:, None] - hill[None], 0, 1)[..., None]
        a = a * (1 - m) + np.array(land, np.float32) * m * (1 + _noise(self.ri(0, 15), W, H, 3) * 0.02)
        self.im = self.p.image = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
        self.d = ImageDraw.Draw(self.im)
        bs, bc = self.pick(SHAPES), self.pick(COLOR_NAMES)
        bsz = int(min(W, H) * self.rnd(0.36, 0.5))
        bx, by = self.free(bsz, bsz, 4, seams=False)
        self.icon(bs, bc, bx, by, bsz, big=True)
        ob = self.p.objs[-1].box
        self.ask(["What is the large object?", "What is the big thing in the picture?"], bs, "coarse", [ob], bsz, True)
        self.ask(["What color is the large object?", "What color is the big thing?"], bc, "coarse", [ob], bsz, True)
        n = self.ri(4, 12) if W * H > 1.5 * self.tile ** 2 * 2 else self.ri(3, 7)
        cap = self.cap(7.5, 8.5)
        paper = self.pick([(252, 250, 240), (255, 240, 170), (44, 44, 48)])
        ink = self.ink(paper)
        for s, c in self.things(n):
            sz = int(self.ri(11, 17) * self.u)
            tag = self.r.random() < 0.35
            v = self.code()
            tw = text_width(self.style, cap, v)
            w, h = (max(sz, tw + 4), sz + cap + 7) if tag else (sz, sz)
            at = self.free(w, h, 3)
            if not at:
                continue
            x, y = at
            o = self.icon(s, c, x + (w - sz) / 2, y, sz)
            if tag:
                tx, ty = x + (w - tw) / 2, y + sz + 4
                self.d.rectangle((tx - 3, ty - 2, tx + tw + 1, ty + cap + 1), fill=paper)
                f = self.text(tx, ty, v, cap, ink, value=True, host=(o.shape, o.color))
                if sum(q.shape == o.shape and q.color == o.color for q in self.p.objs) == 1:
                    o.tag = f
        for o in self.p.objs:
            f = getattr(o, "tag", None)
            if f and sum(q.shape == o.shape and q.color == o.color for q in self.p.objs) == 1:
                self.ask(["What is the label of the {c} {s}?", "What is written under the {c} {s}?", "Read the tag of the {c} {s}."],
                         f.text, "code", [o.box, f.box], f.cap, c=COLOR_NAMES[o.color], s=SHAPES[o.shape])
        self.object_questions()

    def object_questions(self):
        objs = [o for o in self.p.objs if not o.big]
        allo = self.p.objs
        by_shape, by_combo = {}, {}
        for o in allo:
            by_shape.setdefault(o.shape, []).append(o)
            by_combo.setdefault((o.shape, o.color), []).append(o)
        one = [o for o in objs if len(by_shape[o.shape]) == 1]
        side = lambda bs: min(b[2] - b[0] for b in bs)
        for i in self.r.permutation(len(one))[:3]:
            o = one[i]
            self.ask(["What color is the {s}?", "Which color does the {s} have?"], COLOR_NAMES[o.color], "attribute", [o.box], side([o.box]), s=SHAPES[o.shape])
        # existence: negatives share the shape or the colour with something present
        for yes in (True, False, True, False):
            if yes:
                o = self.pick(objs)
                s, c, boxes = o.shape, o.color, [o.box]
            else:
                near = []
                for o in objs:
                    near += [(o.shape, c) for c in range(8)] + [(s, o.color) for s in range(10)]
                near = [x for x in near if x not in by_combo]
                s, c = self.pick(near)
                boxes = [o.box for o in objs if o.shape == s or o.color == c]
            self.ask(["Is there {c} {s}?", "Can you see {c} {s}?"], "yes" if yes else "no", "existence", boxes, side(boxes),
                     c=("an " if COLOR_NAMES[c][0] == "o" else "a ") + COLOR_NAMES[c], s=SHAPES[s])
        # counting, answers 0..5
        counts = {s: len(v) for s, v in by_shape.items() if len(v) <= 5}
        absent = [s for s in range(10) if s not in by_shape]
        multi = [s for s in counts if counts[s] > 1]
        cand = (self.sample(multi, 2) if multi else []) + (self.sample(list(counts), 1) if counts and self.r.random() < 0.5 else []) \
            + (self.sample(absent, 1) if absent and self.r.random() < 0.35 else [])
        for s in dict.fromkeys(cand):
            boxes = [o.box for o in by_shape.get(s, [])] or [o.box for o in objs]
            self.ask(["How many {p} are there?", "Count the {p}."], str(counts.get(s, 0)), "count", boxes, side(boxes), p=plural(SHAPES[s]))
        # relation between two unambiguous objects
        u = [o for o in objs if len(by_combo[o.shape, o.color]) == 1]
        for _ in range(2):
            if len(u) < 2:
                break
            a, b = self.sample(u, 2)
            dx, dy = (a.box[0] + a.box[2] - b.box[0] - b.box[2]) / 2, (a.box[1] + a.box[3] - b.box[1] - b.box[3]) / 2
            hz = abs(dx) > abs(dy)
            if max(abs(dx), abs(dy)) < 24 * self.u:
                continue
            word = ("left of" if dx < 0 else "right of") if hz else ("above" if dy < 0 else "below")
            opp = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}[word]
            yes = self.r.random() < 0.5
            self.ask(["Is the {a} {r} the {b}?"], "yes" if yes else "no", "relation", [a.box, b.box], side([a.box, b.box]),
                     a=f"{COLOR_NAMES[a.color]} {SHAPES[a.shape]}", b=f"{COLOR_NAMES[b.color]} {SHAPES[b.shape]}", r=word if yes else opp)

    def sheet(self):
        """Only for training the tower: text and small objects everywhere, so that every tile teaches much."""
        self.canvas(self.pick(GROUND_NAMES))
        self.p.kind = "form"
        styles = list(TRAIN_STYLES)
        if self.r.random() < 0.6:
            _, pc = self.paper()
        else:
            pc = GROUNDS[self.p.ground]
        y = self.ri(2, 7)
        ink = self.ink(pc)
        while True:
            st, cap = self.pick(styles), self.cap(7, 10) if self.r.random() < 0.8 else self.cap(10, 14)
            icons = self.r.random() < 0.3
            hh = max(int(cap) + 1, int(self.ri(11, 21) * self.u)) if icons else cap
            if y + hh > self.H - 3:
                break
            x = self.ri(2, 20)
            tag = self.r.random() < 0.3
            tc = self.pick([(252, 250, 240), (255, 240, 170), (240, 244, 250), (44, 44, 48)])
            kind = self.ri(0, 4)
            while True:
                if icons and self.r.random() < 0.7:
                    sz = min(hh, int(self.ri(11, 21) * self.u))
                    if x + sz > self.W - 3:
                        break
                    self.icon(self.pick(SHAPES), self.pick(COLOR_NAMES), x, y + self.ri(0, hh - sz), sz)
                    x += sz + self.ri(2, 8)
                    continue
                k = kind if self.r.random() < 0.5 else self.ri(0, 4)
                v = [self.code, self.price, self.number, lambda: self.pick(WORDS), lambda: self.form_value("DATE")][k]()
                w = text_width(st, cap, v)
                if x + w > self.W - 4:
                    break
                yy = y + (hh - cap) // 2
                if tag:
                    self.d.rectangle((x - 3, yy - 2, x + w + 1, yy + cap + 1), fill=tc)
                self.text(x, yy, v, cap, self.ink(tc) if tag else ink, value=k != 3, style=st)
                x += w + self.ri(6, 16)
            y += hh + self.ri(4, 9)

    def chart(self):
        self.canvas(self.pick(GROUND_NAMES))
        (x0, y0, x1, y1), pc = self.paper()
        ink = self.ink(pc)
        head = self.pick(HEADS[7:])
        hc = round(self.cap(10, 12))
        y = y0 + 6
        hf = self.text(x0 + 8, y, head, hc, ink)
        self.ask(["What is printed at the top?", "What is the heading?"], head.lower(), "coarse", [hf.box], hc, True)
        cap = self.cap(7.5, 8.5)
        maxn = int((x1 - x0 - 10) // (cap * 3.1))
        n = min(self.ri(3, 7), maxn)
        s = self.ri(0, 7 - n)
        days = DAYS[s:s + n]
        base = y1 - cap - 9
        top = y + hc + cap + 10
        cw = (x1 - x0 - 10) / n
        col = self.pick(COLOR_NAMES)
        color = self.jitter(COLORS[col])
        vals = self.sample(list(range(11, 99)), n)
        self.d.line((x0 + 4, base, x1 - 4, base), fill=ink)
        for g in range(1, 4):
            gy = base - (base - top) * g / 4
            self.d.line((x0 + 4, gy, x1 - 4, gy), fill=mix(ink, pc, 0.85))
        got = []
        for i, (dname, v) in enumerate(zip(days, vals)):
            cx = x0 + 5 + cw * (i + 0.5)
            bw = cw * 0.56
            by = base - (base - top) * v / 99
            self.d.rectangle((cx - bw / 2, by, cx + bw / 2, base), fill=color)
            k = self.text(cx - text_width(self.style, cap, dname) / 2, base + 4, dname, cap, ink)
            f = self.text(cx - text_width(self.style, cap, str(v)) / 2, by - cap - 3, str(v), cap, ink, value=True, key=WORD_ID[dname])
            got.append((dname, v, k, f, (cx - bw / 2, by, cx + bw / 2, base)))
        for i in self.r.permutation(n)[:5]:
            dn, v, k, f, b = got[i]
            self.ask(["What is the value for {w}?", "How much is {w}?"], str(v), "chart", [k.box, f.box], cap, w=dn.lower())
        hi = max(got, key=lambda g: g[1])
        lo = min(got, key=lambda g: g[1])
        self.ask(["Which bar is the tallest?"], hi[0].lower(), "chart", [hi[2].box, hi[4]], cap)
        self.ask(["Which bar is the shortest?"], lo[0].lower(), "chart", [lo[2].box, lo[4]], cap)
        self.ask(["What color are the bars?"], col, "coarse", [g[4] for g in got], cw * 0.56, True)
        self.ask(["How many bars are there?"], str(n), "count", [g[4] for g in got], cw * 0.56, True)


def plural(s):
    return {"fish": "fish"}.get(s, s + "s")


def make(seed, split="train", tile=126, **kw):
    return Painter(seed, split, tile, **kw).draw()
