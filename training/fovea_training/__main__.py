"""python -m fovea_training generate | train | export (see README.md)"""
import argparse
import json
import os

PRESETS = {
    # what two CPU cores can train in about two hours
    "cpu": dict(config={}, vision=dict(steps=5900, batch=32, lr=0.02), lm=dict(steps=2500, batch=16, questions=11, small=700, lr=0.02)),
    # one data-centre GPU, 20 to 30 minutes: 12 x 12 patches in a tile, wider, more layers, many more pictures
    "gpu": dict(config=dict(tile=168, patch=14, v_dim=256, v_layers=8, v_heads=8, v_mlp=1024, dim=320, layers=8, heads=8, mlp=864),
                vision=dict(steps=6000, batch=256, lr=0.02), lm=dict(steps=8000, batch=64, questions=14, small=1500, lr=0.015)),
}


def args_of(a, stage):
    p = PRESETS[a.preset]
    d = dict(p[stage], out=a.out, seed=a.seed, threads=a.threads, workers=a.workers, config=json.dumps(p["config"]), device=a.device,
             minutes=getattr(a, stage + "_minutes"), evaluate=250, vision="")
    if a.config:
        d["config"] = json.dumps({**p["config"], **json.loads(a.config)})
    for k in ("steps", "batch", "questions", "small", "lr"):
        v = getattr(a, k, None)
        if v is not None and k in d:
            d[k] = v
    return argparse.Namespace(**d)


def generate(a):
    from . import examples, testset
    os.makedirs(os.path.dirname(a.test) or ".", exist_ok=True)
    print(testset.write(a.test, a.pictures), "questions in", a.test)
    print(len(examples.write(a.examples)), "questions in", a.examples)
    if a.sheet:
        from .scenes import make
        from PIL import Image
        sheet = Image.new("RGB", (260 * 6, 260 * 5), (70, 70, 70))
        for k in range(30):
            sheet.paste(make(k).image, (260 * (k % 6), 260 * (k // 6)))
        sheet.save(a.sheet)


def train(a):
    from . import tokenizer, train_lm, train_vision
    os.makedirs(a.out, exist_ok=True)
    with open(f"{a.out}/train.pid", "w") as f:
        f.write(str(os.getpid()))
    if not os.path.exists(f"{a.out}/tokenizer.json"):
        tokenizer.write(f"{a.out}/tokenizer.json")
    if a.stage in ("all", "vision"):
        train_vision.train(args_of(a, "vision"))
    if a.stage in ("all", "lm"):
        train_lm.train(args_of(a, "lm"))


def export(a):
    from . import card, testset
    from .export import dump, export as write
    write(f"{a.out}/lm.pt", f"{a.out}/tokenizer.json", a.model)
    if a.measure:
        r = testset.measure(f"{a.out}/lm.pt", f"{a.out}/tokenizer.json", a.measure)
        dump(f"{a.model}/accuracy.json", r)
        print(testset.table(r))
        print("AUROC of class attention, layer 0 and feature layer:", r["auroc_layer0"], r["auroc_features"])
        seen = testset.measure(f"{a.out}/lm.pt", f"{a.out}/tokenizer.json", a.measure // 2, split="val")
        print("glyph styles seen in training:\n" + testset.table(seen))
        dump(f"{a.out}/accuracy-val.json", seen)
        card.write(a.model, a.out, r, seen)


def drop(a):
    from . import train_lm
    from .export import export as write
    p = PRESETS["cpu"]["lm"]
    train_lm.train(argparse.Namespace(**{**p, "steps": a.steps, "lr": a.lr, "small": 0}, out=a.out, seed=a.seed, threads=a.threads,
                                      workers=a.workers, config="{}", device="cpu", minutes=0, evaluate=250, vision="", drop=True))
    write(f"{a.out}/drop.pt", f"{a.out}/tokenizer.json", a.model)


def flex(a):
    from . import flex as f
    if not a.export_only:
        f.train(argparse.Namespace(out=a.out, seed=a.seed, threads=a.threads, workers=a.workers, lr=a.lr, steps=a.steps, batch=a.batch,
                                   questions=11, evaluate=250))
    if os.path.exists(f"{a.out}/flex.pt"):
        f.export(f"{a.out}/flex.pt", f"{a.out}/tokenizer.json", a.model)


def main():
    ap = argparse.ArgumentParser("fovea_training")
    sub = ap.add_subparsers(dest="cmd", required=True)
    g = sub.add_parser("generate", help="the HR-Mini test split and the example pictures")
    g.add_argument("--test", default="../eval-data/hr-mini/hr-mini-test.zip")
    g.add_argument("--examples", default="../examples")
    g.add_argument("--pictures", type=int, default=300)
    g.add_argument("--sheet", default="", help="also a contact sheet of training pictures")
    t = sub.add_parser("train", help="vision tower, then projector and decoder; resumes where it was stopped")
    t.add_argument("--preset", choices=PRESETS, default="cpu")
    t.add_argument("--stage", choices=["all", "vision", "lm"], default="all")
    t.add_argument("--out", default="runs")
    t.add_argument("--device", default="cpu")
    t.add_argument("--seed", type=int, default=0)
    t.add_argument("--threads", type=int, default=2)
    t.add_argument("--workers", type=int, default=1)
    t.add_argument("--vision-minutes", type=float, default=0, help="end the stage after this time, with a full learning-rate decay")
    t.add_argument("--lm-minutes", type=float, default=0)
    t.add_argument("--config", default="", help="JSON that overrides the preset's sizes")
    for k, ty in (("steps", int), ("batch", int), ("questions", int), ("small", int), ("lr", float)):
        t.add_argument("--" + k, type=ty)
    e = sub.add_parser("export", help="checkpoint folder in the layout of transformers, and its accuracy")
    e.add_argument("--out", default="runs")
    e.add_argument("--model", default="../models/fovea-mini")
    e.add_argument("--measure", type=int, default=300, help="pictures of the test split to measure on")
    f = sub.add_parser("flex", help="the FlexAttention twin, from a trained lm.pt; trains and exports")
    f.add_argument("--out", default="runs")
    f.add_argument("--model", default="../models/fovea-mini-flex")
    f.add_argument("--steps", type=int, default=1200)
    f.add_argument("--batch", type=int, default=16)
    f.add_argument("--lr", type=float, default=0.005)
    f.add_argument("--seed", type=int, default=0)
    f.add_argument("--threads", type=int, default=2)
    f.add_argument("--workers", type=int, default=1)
    f.add_argument("--export-only", action="store_true")
    d = sub.add_parser("drop", help="lm.pt, fine-tuned with random tokens left out: what a decoder that knows sparse grids would do")
    d.add_argument("--out", default="runs")
    d.add_argument("--model", default="runs/fovea-mini-drop")
    d.add_argument("--steps", type=int, default=800)
    d.add_argument("--lr", type=float, default=0.005)
    d.add_argument("--seed", type=int, default=1)
    d.add_argument("--threads", type=int, default=2)
    d.add_argument("--workers", type=int, default=1)
    a = ap.parse_args()
    dict(generate=generate, train=train, export=export, flex=flex, drop=drop)[a.cmd](a)


if __name__ == "__main__":
    main()
