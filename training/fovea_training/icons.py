"""Small coloured objects: each is a body mask and a detail mask, drawn large once and reduced to the wanted size."""
from functools import lru_cache
from math import cos, pi, sin

from PIL import Image, ImageDraw

N = 256


def _poly(d, pts, v=255):
    d.polygon([(x * N, y * N) for x, y in pts], fill=v)


def _ell(d, x0, y0, x1, y1, v=255):
    d.ellipse((x0 * N, y0 * N, x1 * N, y1 * N), fill=v)


def _rect(d, x0, y0, x1, y1, v=255, r=0.0):
    d.rounded_rectangle((x0 * N, y0 * N, x1 * N, y1 * N), radius=r * N, fill=v)


def _star(b, e):
    _poly(b, [(0.5 + (0.5 if i % 2 == 0 else 0.21) * sin(i * pi / 5), 0.53 - (0.5 if i % 2 == 0 else 0.21) * cos(i * pi / 5))
              for i in range(10)])


def _heart(b, e):
    _ell(b, 0.03, 0.1, 0.53, 0.6)
    _ell(b, 0.47, 0.1, 0.97, 0.6)
    _poly(b, [(0.08, 0.48), (0.92, 0.48), (0.5, 0.97)])


def _moon(b, e):
    _ell(b, 0.08, 0.04, 0.96, 0.96)
    _ell(b, 0.36, -0.06, 1.16, 0.8, 0)


def _tree(b, e):
    _rect(b, 0.42, 0.7, 0.58, 1.0)
    _rect(e, 0.42, 0.72, 0.58, 1.0)
    for y, w in ((0.0, 0.28), (0.2, 0.38), (0.42, 0.48)):
        _poly(b, [(0.5, y), (0.5 + w, y + 0.36), (0.5 - w, y + 0.36)])


def _house(b, e):
    _poly(b, [(0.5, 0.02), (1.0, 0.46), (0.0, 0.46)])
    _rect(b, 0.12, 0.42, 0.88, 0.98)
    _rect(e, 0.42, 0.62, 0.62, 0.98)
    _rect(e, 0.2, 0.52, 0.34, 0.68)


def _fish(b, e):
    _ell(b, 0.02, 0.22, 0.76, 0.78)
    _poly(b, [(0.66, 0.5), (1.0, 0.16), (1.0, 0.84)])
    _ell(e, 0.16, 0.38, 0.27, 0.49)


def _cup(b, e):
    _ell(b, 0.52, 0.26, 1.0, 0.74)
    _ell(b, 0.64, 0.38, 0.88, 0.62, 0)
    _rect(b, 0.04, 0.14, 0.74, 0.9, r=0.12)
    _rect(e, 0.04, 0.3, 0.74, 0.38)


def _car(b, e):
    _rect(b, 0.0, 0.46, 1.0, 0.76, r=0.08)
    _poly(b, [(0.2, 0.5), (0.32, 0.2), (0.7, 0.2), (0.86, 0.5)])
    _ell(b, 0.12, 0.6, 0.38, 0.88)
    _ell(b, 0.62, 0.6, 0.88, 0.88)
    _ell(e, 0.14, 0.62, 0.36, 0.86)
    _ell(e, 0.64, 0.62, 0.86, 0.86)
    _poly(e, [(0.34, 0.44), (0.4, 0.27), (0.64, 0.27), (0.72, 0.44)])


def _key(b, e):
    _ell(b, 0.0, 0.28, 0.44, 0.72)
    _ell(b, 0.12, 0.4, 0.32, 0.6, 0)
    _rect(b, 0.4, 0.43, 1.0, 0.57)
    _rect(b, 0.72, 0.5, 0.82, 0.76)
    _rect(b, 0.9, 0.5, 1.0, 0.8)


def _ball(b, e):
    _ell(b, 0.03, 0.03, 0.97, 0.97)
    d = 0.07
    _rect(e, 0.03, 0.5 - d, 0.97, 0.5 + d)


@lru_cache(None)
def icon(shape, size):
    """(body, detail) masks of size x size."""
    body, det = Image.new("L", (N, N)), Image.new("L", (N, N))
    globals()["_" + shape](ImageDraw.Draw(body), ImageDraw.Draw(det))
    return body.resize((size, size), Image.BOX), det.resize((size, size), Image.BOX)
