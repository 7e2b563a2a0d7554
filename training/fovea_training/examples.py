"""The eight example pictures with questions and expected answers."""
import json
import os

from .scenes import make

#: file, kind, size in tiles, seed, glyph style
PICTURES = [
    ("receipt", "receipt", (2, 2), 1, None),
    ("receipt-tall", "receipt", (1, 2), 5, None),
    ("permit", "form", (2, 2), 0, None),
    ("pass", "form", (2, 1), 2, None),
    ("shelf", "shelf", (2, 2), 2, None),
    ("shelf-wide", "shelf", (2, 1), 1, None),
    ("meadow", "scene", (2, 1.7), 5, None),
    ("sales", "chart", (2, 2), 5, None),
]


def picture(name, tile=126):
    _, kind, wh, seed, style = next(p for p in PICTURES if p[0] == name)
    return make(seed, "example", tile, kind=kind, wh=wh, style=style)


def write(out, tile=126, only=None):
    """`only(name, qa)` chooses the questions; the first three of different tasks otherwise."""
    os.makedirs(out, exist_ok=True)
    items = []
    for name, *_ in PICTURES:
        p = picture(name, tile)
        p.image.save(f"{out}/{name}.png", optimize=True)
        for q in p.qas:
            if only is None or only(name, q):
                items.append(dict(image=f"{name}.png", question=q.question, answer=q.answer, task=q.task))
    with open(f"{out}/expected.json", "w") as f:
        json.dump(items, f, indent=1)
        f.write("\n")
    return items
