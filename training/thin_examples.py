"""Keeps in examples/expected.json the questions that the shipped model answers, and says under which methods it does.

    python -m fovea_training generate        # writes all questions
    python thin_examples.py                  # asks them with all tokens and with HiRED at 20 %
"""
import json
import os
import subprocess
import tempfile
import zipfile

HOME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
EXPECTED = os.path.join(HOME, "examples", "expected.json")


def main():
    with open(EXPECTED) as f:
        items = json.load(f)
    with tempfile.TemporaryDirectory() as tmp:
        task, out = os.path.join(tmp, "examples.zip"), os.path.join(tmp, "out")
        with zipfile.ZipFile(task, "w") as z:
            for name in sorted({x["image"] for x in items}):
                z.write(os.path.join(HOME, "examples", name), "images/" + name)
            z.writestr("questions.jsonl", "".join(json.dumps(dict(
                id=f"{i:03d}", image="images/" + x["image"], question=x["question"], answer=x["answer"], task=x["task"])) + "\n"
                for i, x in enumerate(items)))
        subprocess.run([os.path.join(HOME, "fovea"), "eval", "--task", "hr-mini:" + task, "--methods", "none,hired", "--budgets", "0.2",
                        "--out", out], check=True, stdout=subprocess.DEVNULL)
        right = {}
        with open(os.path.join(out, "answers.jsonl")) as f:
            for line in f:
                a = json.loads(line)
                if a["score"] == 1:
                    right.setdefault(int(a["id"]), set()).add(a["method"])
    kept = [dict(x, methods=sorted(right[i], key="none hired".split().index)) for i, x in enumerate(items) if "none" in right.get(i, ())]
    with open(EXPECTED, "w") as f:
        json.dump(kept, f, indent=1)
        f.write("\n")
    print(f"{len(kept)} of {len(items)} questions answered, {sum('hired' in x['methods'] for x in kept)} with HiRED at 20 % too")


if __name__ == "__main__":
    main()
