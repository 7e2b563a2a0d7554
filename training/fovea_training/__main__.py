"""python -m fovea_training generate | train | export (see README.md)"""
import argparse
import os


def pid(args):
    os.makedirs(args.out, exist_ok=True)
    with open(f"{args.out}/train.pid", "w") as f:
        f.write(str(os.getpid()))


def main():
    ap = argparse.ArgumentParser("fovea_training")
    sub = ap.add_subparsers(dest="cmd", required=True)
    v = sub.add_parser("vision", help="stage 1 of train")
    v.add_argument("--out", default="runs")
    v.add_argument("--config", default="{}")
    v.add_argument("--steps", type=int, default=4000)
    v.add_argument("--minutes", type=float, default=0)
    v.add_argument("--batch", type=int, default=64)
    v.add_argument("--lr", type=float, default=0.02)
    v.add_argument("--seed", type=int, default=0)
    v.add_argument("--threads", type=int, default=2)
    v.add_argument("--workers", type=int, default=1)
    m = sub.add_parser("lm", help="stage 2 of train")
    m.add_argument("--out", default="runs")
    m.add_argument("--vision", default="")
    m.add_argument("--config", default="{}")
    m.add_argument("--steps", type=int, default=4000)
    m.add_argument("--minutes", type=float, default=0)
    m.add_argument("--batch", type=int, default=16)
    m.add_argument("--questions", type=int, default=11)
    m.add_argument("--small", type=int, default=800, help="first batches with the smaller pictures only")
    m.add_argument("--evaluate", type=int, default=250)
    m.add_argument("--lr", type=float, default=0.02)
    m.add_argument("--seed", type=int, default=0)
    m.add_argument("--threads", type=int, default=2)
    m.add_argument("--workers", type=int, default=1)
    a = ap.parse_args()
    if a.cmd == "lm":
        from .train_lm import train
        pid(a)
        train(a)
    if a.cmd == "vision":
        from .train_vision import train
        pid(a)
        train(a)


if __name__ == "__main__":
    main()
