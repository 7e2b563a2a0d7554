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
    a = ap.parse_args()
    if a.cmd == "vision":
        from .train_vision import train
        pid(a)
        train(a)


if __name__ == "__main__":
    main()
