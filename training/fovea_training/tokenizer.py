"""A small Llama-style tokenizer (BPE, byte fallback, metaspace), trained on the generator's own questions and answers."""
import json

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from .scenes import make
from .world import *

UNK, BOS, EOS = "<unk>", "<s>", "</s>"
IMAGE, PAD = "<image>", "<pad>"
PROMPT = "USER: <image>\n{q} ASSISTANT:"


def corpus(pictures=3000):
    for i in range(pictures):
        for q in make(900_000_000 + i).qas:
            yield q.question
            if not any(c.isdigit() for c in q.answer):
                yield " " + q.answer
    for w in WORDS + SHAPES + COLOR_NAMES + GROUND_NAMES + KINDS + ["yes", "no"]:
        for _ in range(400):
            yield " " + w.lower()
    for _ in range(20000):
        yield " USER:"
        yield " ASSISTANT:"


def build(vocab_max=704):
    # words never cross the space mark and digits stay single, so the merges learnt here also hold without these splits
    t = Tokenizer(models.BPE(unk_token=UNK, byte_fallback=True, fuse_unk=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Metaspace("▁", prepend_scheme="never", split=True), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.Punctuation("isolated")])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;?!-/'\"()%$#&+*=_▁"
    bytes_ = [f"<0x{i:02X}>" for i in range(256)]
    tr = trainers.BpeTrainer(vocab_size=vocab_max - 2 - 256, min_frequency=20, special_tokens=[UNK, BOS, EOS], show_progress=False,
                             initial_alphabet=list(letters), limit_alphabet=len(letters))
    t.train_from_iterator(corpus(), tr)
    j = json.loads(t.to_str())
    old = sorted(j["model"]["vocab"].items(), key=lambda kv: kv[1])
    pieces = [UNK, BOS, EOS] + bytes_ + [p for p, _ in old if p not in (UNK, BOS, EOS)]
    vocab = {p: i for i, p in enumerate(pieces)}
    image, pad = len(pieces), len(pieces) + 1
    size = -(-(len(pieces) + 2) // 64) * 64

    def special(i, s):
        return {"id": i, "content": s, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    j["model"]["vocab"] = vocab
    j["added_tokens"] = [special(0, UNK), special(1, BOS), special(2, EOS), special(image, IMAGE), special(pad, PAD)]
    j["normalizer"] = None
    j["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    bos = {"SpecialToken": {"id": BOS, "type_id": 0}}
    j["post_processor"] = {"type": "TemplateProcessing", "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
                           "pair": [bos, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": BOS, "type_id": 1}},
                                    {"Sequence": {"id": "B", "type_id": 1}}],
                           "special_tokens": {BOS: {"id": BOS, "ids": [1], "tokens": [BOS]}}}
    j["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                                                     {"type": "ByteFallback"}, {"type": "Fuse"},
                                                     {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    return j, dict(image=image, pad=pad, size=size)


class Tok:
    def __init__(self, path):
        self.t = Tokenizer.from_file(path)
        self.image = self.t.token_to_id(IMAGE)
        self.pad = self.t.token_to_id(PAD)
        self.size = -(-self.t.get_vocab_size() // 64) * 64
        ids = self.t.encode(PROMPT.format(q="What")).ids
        self.image_at = ids.index(self.image)
        self.prefix = ids[:self.image_at + 1]
        self.cache = {}

    def question(self, q):
        """Ids after the image, up to the point where the answer starts."""
        if q not in self.cache:
            self.cache[q] = self.t.encode(PROMPT.format(q=q)).ids[self.image_at + 1:]
        return self.cache[q]

    def qa(self, q, a):
        """(ids after the image, number of answer ids with the end mark)"""
        full = self.t.encode(PROMPT.format(q=q) + " " + a + EOS).ids[self.image_at + 1:]
        n = len(self.question(q))
        return full, len(full) - n


def write(path):
    j, info = build()
    with open(path, "w") as f:
        json.dump(j, f, ensure_ascii=False, indent=1)
    return info
