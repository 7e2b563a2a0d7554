"""Glyph styles. A style is a function (character, size) -> (mask, advance); all characters of a size share one baseline.

Two families: the outline font that is part of Pillow, and a 5x7 dot font drawn here. Both come in several weights and
widths. Some styles are kept for the test split and are never seen in training.
"""
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_ROWS = """
0 01110 10001 10011 10101 11001 10001 01110
1 00100 01100 00100 00100 00100 00100 01110
2 01110 10001 00001 00010 00100 01000 11111
3 11111 00010 00100 00010 00001 10001 01110
4 00010 00110 01010 10010 11111 00010 00010
5 11111 10000 11110 00001 00001 10001 01110
6 00110 01000 10000 11110 10001 10001 01110
7 11111 00001 00010 00100 01000 01000 01000
8 01110 10001 10001 01110 10001 10001 01110
9 01110 10001 10001 01111 00001 00010 01100
A 01110 10001 10001 11111 10001 10001 10001
B 11110 10001 10001 11110 10001 10001 11110
C 01110 10001 10000 10000 10000 10001 01110
D 11100 10010 10001 10001 10001 10010 11100
E 11111 10000 10000 11110 10000 10000 11111
F 11111 10000 10000 11110 10000 10000 10000
G 01110 10001 10000 10111 10001 10001 01111
H 10001 10001 10001 11111 10001 10001 10001
I 01110 00100 00100 00100 00100 00100 01110
J 00111 00010 00010 00010 00010 10010 01100
K 10001 10010 10100 11000 10100 10010 10001
L 10000 10000 10000 10000 10000 10000 11111
M 10001 11011 10101 10101 10001 10001 10001
N 10001 10001 11001 10101 10011 10001 10001
O 01110 10001 10001 10001 10001 10001 01110
P 11110 10001 10001 11110 10000 10000 10000
Q 01110 10001 10001 10001 10101 10010 01101
R 11110 10001 10001 11110 10100 10010 10001
S 01111 10000 10000 01110 00001 00001 11110
T 11111 00100 00100 00100 00100 00100 00100
U 10001 10001 10001 10001 10001 10001 01110
V 10001 10001 10001 10001 10001 01010 00100
W 10001 10001 10001 10101 10101 10101 01010
X 10001 10001 01010 00100 01010 10001 10001
Y 10001 10001 10001 01010 00100 00100 00100
Z 11111 00001 00010 00100 01000 10000 11111
. 00000 00000 00000 00000 00000 01100 01100
: 00000 01100 01100 00000 01100 01100 00000
- 00000 00000 00000 11111 00000 00000 00000
"""
DOTS = {}
for _line in _ROWS.strip().splitlines():
    _p = _line.split()
    DOTS[_p[0]] = np.array([[int(c) for c in r] for r in _p[1:]], np.uint8)

#: name -> (family, horizontal scale, stroke in tenths of a pixel, shear)
TRAIN_STYLES = {
    "plain": ("outline", 1.0, 0, 0.0),
    "bold": ("outline", 1.0, 5, 0.0),
    "narrow": ("outline", 0.88, 0, 0.0),
    "wide": ("outline", 1.15, 3, 0.0),
    "lean": ("outline", 1.0, 2, 0.10),
    "dots": ("dots", 1.0, 0, 0.0),
    "dots-bold": ("dots", 1.0, 5, 0.0),
}
TEST_STYLES = {
    "italic": ("outline", 1.0, 1, 0.17),
    "bold-narrow": ("outline", 0.92, 5, 0.0),
    "dots-wide": ("dots", 1.15, 0, 0.0),
}
STYLES = {**TRAIN_STYLES, **TEST_STYLES}
SS = 4


@lru_cache(None)
def _font(size):
    return ImageFont.load_default(size=size)


@lru_cache(None)
def glyph(style, size, ch):
    """(mask, advance, cap top, cap height) of a character; `size` is the cap height in pixels (may be fractional)."""
    family, sx, stroke, shear = STYLES[style]
    cap = size * SS
    top = int(round(1 * SS))
    h = int(np.ceil(size)) + 3
    if family == "outline":
        f = _font(round(cap / 0.70))
        adv = f.getlength(ch) * sx + 0.35 * SS + stroke * SS / 14
        w = int(np.ceil(adv / SS)) + 3
        im = Image.new("L", (w * SS, h * SS))
        d = ImageDraw.Draw(im)
        # the baseline is one pixel row below the cap height
        d.text((SS, top + cap), ch, fill=255, font=f, anchor="ls", stroke_width=stroke * SS / 14)
        if sx != 1.0 or shear:
            base = top + cap
            im = im.transform(im.size, Image.AFFINE, (1 / sx, shear / sx, SS * (1 - 1 / sx) - shear * base / sx, 0, 1, 0),
                              Image.BILINEAR)
    else:
        px = cap / 7
        wx = px * sx
        narrow = ch in ".:"
        adv = (3 if narrow else 6) * wx
        w = int(np.ceil(adv / SS)) + 3
        im = Image.new("L", (w * SS, h * SS))
        d = ImageDraw.Draw(im)
        g = DOTS[ch]
        e = 0.5 + stroke / 14 * SS / 2
        for r in range(7):
            for c in range(5):
                if g[r, c]:
                    x0, y0 = SS + (c - (1 if narrow else 0)) * wx, top + r * px
                    d.rectangle((x0 - e + 0.5, y0, x0 + wx + e - 1.5, y0 + px - 1), fill=255)
    m = im.resize((w, h), Image.BOX)
    return m, adv / SS


def text_width(style, size, text):
    return sum(size * 0.45 if c == " " else glyph(style, size, c)[1] for c in text)
