"""Asks transformers the questions of examples/expected.json and compares the greedy answers. Not part of the build.

    python check_transformers.py ../models/fovea-mini ../examples
"""
import json
import sys

import torch
from PIL import Image
from transformers import AutoTokenizer, LlavaNextForConditionalGeneration, LlavaNextProcessor

try:                                                        # transformers 5: the PIL processor is a class of its own
    from transformers import LlavaNextImageProcessorPil as ImageProcessor
except ImportError:
    from transformers import LlavaNextImageProcessor as ImageProcessor


def load(path, dtype=torch.float32):
    model = LlavaNextForConditionalGeneration.from_pretrained(path, dtype=dtype).eval()
    with open(f"{path}/chat_template.json") as f:
        template = json.load(f)["chat_template"]
    with open(f"{path}/processor_config.json") as f:
        more = {k: v for k, v in json.load(f).items() if k != "processor_class"}
    processor = LlavaNextProcessor(ImageProcessor.from_pretrained(path), AutoTokenizer.from_pretrained(path), chat_template=template, **more)
    return model, processor


def ask(model, processor, image, question):
    chat = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    prompt = processor.apply_chat_template(chat, add_generation_prompt=True)
    assert prompt == f"USER: <image>\n{question} ASSISTANT:", repr(prompt)
    x = processor(images=image, text=prompt, return_tensors="pt")
    with torch.no_grad():
        y = model.generate(**x, max_new_tokens=16, do_sample=False)
    return processor.tokenizer.decode(y[0, x["input_ids"].shape[1]:], skip_special_tokens=True).strip()


def main():
    torch.set_num_threads(2)
    models, examples = sys.argv[1], sys.argv[2]
    model, processor = load(models)
    wrong = 0
    with open(f"{examples}/expected.json") as f:
        items = json.load(f)
    for e in items:
        got = ask(model, processor, Image.open(f"{examples}/{e['image']}").convert("RGB"), e["question"])
        ok = got == e["answer"]
        wrong += not ok
        print("ok   " if ok else "WRONG", e["image"], e["question"], "->", got, "" if ok else f"(expected {e['answer']})")
    print(f"{len(items) - wrong} of {len(items)} agree")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
