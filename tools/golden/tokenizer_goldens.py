"""Makes the vocabulary of the tokenizer tests and what the reference libraries make of texts with it.

The vocabulary is trained here, on the text below, written for this purpose. The ids come from the Python packages
`tokenizers` (0.23.2) and `sentencepiece` (0.2.2), so they are independent of the Java code.

    python tools/golden/tokenizer_goldens.py
"""

import collections
import copy
import json
import pathlib
import struct

import sentencepiece
from tokenizers import Tokenizer

OUT = pathlib.Path(__file__).parents[2] / "engine/src/test/resources/dev/fovea/engine/tokenizer"
MARK = "\u2581"
MERGES = 360

TEXT = """
The fovea is the small pit in the middle of the retina with which we see sharply. Around it the picture is coarse,
and yet we never notice: the eye jumps to whatever matters. A model of pictures and words can do the same. It looks at
the whole picture in few tokens, then at the parts that the question is about, in many. What colour is the bus? How
many people are there? Read the sign on the left. The bus is red. There are three people. The sign says "open".
Is it day or night? It is night; the street lamps are on and the sky is dark. Answer with one word, please. Yes. No.
USER: What is shown in this image? ASSISTANT: A red bus in front of a station. USER: And behind it? ASSISTANT: Trees.
The image is cut into tiles, the tiles into patches, the patches into numbers; the numbers become tokens, and the
tokens stand between the words of the question. If the budget is small, only some of the tokens are kept: those to
which the others attend. 1 2 3 4 5 6 7 8 9 10 11 12 24 48 96 100 336 576 672 1008 2024 3.14 50% 1,000,000
for (int i = 0; i < n; i++) { sum += x[i] * w[i]; } return sum; // [rows, hidden]   if (a == b) {    }
Die Grube des schärfsten Sehens heißt Fovea. Wie viele Menschen sind auf dem Bild? Drei, und über ihnen ein Schild.
La fovéa est au centre de la rétine. Où est le château? À gauche, derrière l'église. Ça va très bien, merci, garçon.
Ямка сетчатки мала. Сколько людей на картинке? Три. 中心窩は網膜の中央にある。写真に何が写っていますか。赤いバスです。
Ordinary words repeat: the the the the and and and of of of to to in in is is it it that that with with from from.
a aa aaa aaaa aaaaa aaaaaa ab abab ababab aba bab abba baab hello hello hello world world worlds wording
"""

TEXTS = [
    "",
    " ",
    "  ",
    "a",
    " a",
    "a ",
    "  two  spaces  ",
    "The red bus",
    "the fovea of the eye",
    "What colour is the bus?",
    "What is shown\nin this image?\n",
    "\n\n\tindented\r\n",
    "hello hello worlds wording helloworld",
    "aaaaaaaaaaaaa aaaaa aaaaaaa",
    "abababab abbaababba baabab aabbab",
    "Über schärfste Größe, heißt es",
    "où est le château, garçon? ça va",
    "Сколько людей на картинке? Ж",
    "写真に何が写っていますか。龍",
    "\U0001f600 ok \U0001f600\U0001f680",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \ufb01",
    "x\u0000y\u007f\u0080\ufffd\uffff\U0010ffff",
    "\u1403\u14c4\u1483 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    MARK,
    MARK + MARK + "a " + MARK + "b",
    "a" + MARK + "b",
    "\u00a0nbsp\u2003em\u3000wide",
    "<0x41><0x0A> <0xff>",
    "<s>",
    "</s><s>",
    "<s> hello</s> world",
    "<image>",
    " <image> ",
    "<image>\nWhat is this?",
    "USER: <image>\nHow many people are there? ASSISTANT:",
    "a<image>b <image>  <image>c",
    "<image",
    "<unk> <pad>x",
    "1,000,000 + 3.14 = 576%",
    "for (int i = 0; i < n; i++) { x[i] = 1; }",
]

FLAGGED = [
    "a <left> b",
    "a   <left>   b<left>",
    "<left>  <left>",
    "a <right> b",
    "<right>   <left>   <right>a",
    "<both>", " <both> ", "a \t<both>\n b",
    "a\u00a0\u3000<both>\u2003\u0085b",
    "a\u200b<both>\u180eb",
    "bus stop", "busstop", "a bus, a bus. bus-bus bus_bus bus9 9bus \u00fcbus bus\u0301 bus\u00b2 bus\u200d",
    "red cat", "the red cat sat", "red  cat", "xred cat", "red cat red cat", "red catx", " red cat",
    "ab cd abcd abc abcde", "abcabcd", "<<<>>>", "<< <<< <<<<",
    "<left>red cat<both>bus", "hello<s>red cat", "  q  ", "qqq q", "x q<right> q",
]


def words(text):
    for line in text.split("\n"):
        yield from (MARK + w for w in line.split(" ") if w)


def trained():
    """Byte-pair encoding, ties broken by the pair's text; (tokens by id, every way to merge them, best first)."""
    counts = collections.Counter(words(TEXT))
    symbols = {w: list(w) for w in counts}
    merged = []
    while len(merged) < MERGES:
        pairs = collections.Counter()
        for w, parts in symbols.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[w]
        best = min(pairs, key=lambda p: (-pairs[p], p))
        if "".join(best) not in merged:
            merged.append("".join(best))
        for w, parts in symbols.items():
            i = 0
            while i + 1 < len(parts):
                if (parts[i], parts[i + 1]) == best:
                    parts[i : i + 2] = ["".join(best)]
                i += 1
    letters = collections.Counter("".join(w * n for w, n in counts.items()))
    letters["\n"] = 1
    singles = sorted(letters, key=lambda c: (-letters[c], c))
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + merged + singles
    ids = {t: i for i, t in enumerate(tokens)}
    merges = []
    for piece in merged:
        ways = [(piece[:i], piece[i:]) for i in range(1, len(piece))]
        ways = [w for w in ways if w[0] in ids and w[1] in ids]
        merges += sorted(ways, key=lambda w: (len(w[0]), len(w[1])))
    return tokens, merges


def special(id, content, **flags):
    usual = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return {"id": id, "content": content, **usual, **flags}


def template(before, after):
    def piece(name):
        return {"SpecialToken": {"id": name, "type_id": 0}}

    single = [piece(n) for n in before] + [{"Sequence": {"id": "A", "type_id": 0}}] + [piece(n) for n in after]
    ids = {"<s>": 1, "</s>": 2}
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": single + [{"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {n: {"id": n, "ids": [ids[n]], "tokens": [n]} for n in before + after},
    }


def metaspace(scheme, split):
    return {"type": "Metaspace", "replacement": MARK, "prepend_scheme": scheme, "split": split}


def decoder(strip):
    steps = [{"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    return {"type": "Sequence", "decoders": steps + [{"type": "Strip", "content": " ", "start": strip, "stop": 0}] * (strip > 0)}


PREPEND = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Prepend", "prepend": MARK},
        {"type": "Replace", "pattern": {"String": " "}, "content": MARK},
    ],
}


def variants(tokens):
    size = len(tokens)
    usual = [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>"), special(size, "<image>"), special(size + 1, "<pad>")]
    plain = dict(special=False)
    flagged = usual + [
        special(size + 2, "<left>", lstrip=True),
        special(size + 3, "<right>", rstrip=True),
        special(size + 4, "<both>", lstrip=True, rstrip=True),
        special(size + 5, "bus", single_word=True, **plain),
        special(size + 6, "red cat", normalized=True, **plain),
        special(size + 7, "abcd", **plain),
        special(size + 8, "abc", **plain),
        special(size + 9, "<<<", normalized=True, **plain),
        special(size + 10, "<<", normalized=True, **plain),
        special(tokens.index("q"), "q", normalized=True, single_word=True, lstrip=True, **plain),
    ]

    def variant(name, texts=TEXTS, drop=(), model={}, **parts):
        tokenizer = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": usual,
            "normalizer": None,
            "pre_tokenizer": None,
            "post_processor": template(["<s>"], []),
            "decoder": decoder(1),
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": "<unk>",
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": True,
                "byte_fallback": True,
                "ignore_merges": False,
                **model,
            },
            **parts,
        }
        return {"name": name, "drop": list(drop), "tokenizer": tokenizer, "texts": texts}

    few = TEXTS[:14] + TEXTS[15:24] + TEXTS[28:36]
    odd = TEXTS[15:24] + ["\u00e9\u4e00a\u4e00\u20acb", "\u20ac\u20ac\u4e00\u4e00 \u20ac", "\u4e00"]
    yield variant("metaspace", pre_tokenizer=metaspace("first", False))
    yield variant("prepend", normalizer=PREPEND)
    yield variant("metaspace split", few, pre_tokenizer=metaspace("first", True))
    yield variant("metaspace always split", few, pre_tokenizer=metaspace("always", True))
    yield variant("metaspace never", few, pre_tokenizer=metaspace("never", False), decoder=decoder(0))
    yield variant("metaspace of older files", few, pre_tokenizer={"type": "Metaspace", "replacement": MARK, "add_prefix_space": True})
    yield variant("metaspace flags", FLAGGED, pre_tokenizer=metaspace("first", False), added_tokens=flagged)
    yield variant("prepend flags", FLAGGED, normalizer=PREPEND, added_tokens=flagged)
    yield variant("replace only", few, normalizer=PREPEND["normalizers"][1], decoder=decoder(2))
    yield variant("bos and eos", few[:4], pre_tokenizer=metaspace("first", False), post_processor=template(["<s>", "<s>"], ["</s>"]))
    yield variant("no frame", few[:4], pre_tokenizer=metaspace("first", False), post_processor=None)
    yield variant("unknowns fused", odd, model={"byte_fallback": False}, normalizer=PREPEND)
    yield variant("unknowns apart", odd, model={"byte_fallback": False, "fuse_unk": False}, normalizer=PREPEND)
    yield variant("unknowns dropped", odd, model={"byte_fallback": False, "unk_token": None}, normalizer=PREPEND)
    yield variant("some bytes", odd, drop=["<0xE2>", "<0xF0>"], normalizer=PREPEND)
    yield variant("whole words", few, model={"ignore_merges": True}, pre_tokenizer=metaspace("always", True), merges="none")


def completed(variant, tokens, merges):
    t = copy.deepcopy(variant["tokenizer"])
    t["model"]["vocab"] = {k: i for i, k in enumerate(tokens) if k not in variant["drop"]}
    t["model"]["merges"] = [] if t.pop("merges", "") == "none" else [list(m) for m in merges]
    return t


def cases(tokenizer, texts):
    for text in texts:
        ids = tokenizer.encode(text).ids
        yield {
            "text": text,
            "ids": ids,
            "bare": tokenizer.encode(text, add_special_tokens=False).ids,
            "decoded": tokenizer.decode(ids, skip_special_tokens=False),
            "skipped": tokenizer.decode(ids),
        }


def decodings(tokenizer, tokens):
    """Ids no encoder gives: broken bytes, bytes around specials, ids without a token."""
    byte = {b: tokens.index(f"<0x{b:02X}>") for b in range(256)}
    a, mark = tokens.index("a"), tokens.index(MARK)
    lists = [
        [],
        [byte[0xF0], byte[0x9F]],
        [byte[0xF0], byte[0x9F], byte[0x98], byte[0x80], byte[0xF0]],
        [byte[0xE1], 1, byte[0x90], byte[0x83]],
        [byte[0xE1], a, byte[0x90], byte[0x83]],
        [byte[0x41], byte[0xC3], byte[0xA9], byte[0xFF], a],
        [byte[0x20], byte[0x20], a],
        [byte[0xED], byte[0xA0], byte[0x80]],
        [mark, mark, a],
        [1, mark, a, 2, mark],
        [len(tokens) + 2, a, 1_000_000, a],
        [0, a, 0],
        [byte[0xE6], byte[0x97], len(tokens) + 5, byte[0xA5], 2],
    ]
    for ids in lists:
        yield {"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False), "skipped": tokenizer.decode(ids)}


# A ModelProto by hand: 1 pieces, 2 trainer, 3 normaliser.
def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def chunk(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def sentencepiece_model(pieces, options):
    def piece(text, score, kind):
        return chunk(1, chunk(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + number(3, kind))

    body = b"".join(piece(*p) for p in pieces)
    trainer = number(3, 2) + number(35, options["byte_fallback"]) + b"".join(number(40 + i, n) for i, n in enumerate([0, 1, 2, -1]))
    normalizer = chunk(1, b"identity") + number(3, options["add_dummy_prefix"]) + number(4, options["remove_extra_whitespaces"])
    return body + chunk(2, trainer) + chunk(3, normalizer)


def pieces(tokens, options):
    """Unknown is type 2, control 3, user-defined 4, byte 6; the score falls with the id."""
    listed = []
    for text in tokens:
        kind = 2 if text == "<unk>" else 3 if text in ("<s>", "</s>") else 6 if text.startswith("<0x") else 1
        if kind == 6 and not options["byte_fallback"]:
            continue
        kind = 4 if text in options["user_defined"] else kind
        score = -float(len(listed) // options["tied"]) if kind == 1 else 0.0
        listed.append((text, score, kind))
    return listed + [(text, 0.0, 4) for text in options["user_defined"] if text not in tokens]


def sentencepiece_variants():
    usual = dict(byte_fallback=True, add_dummy_prefix=True, remove_extra_whitespaces=False, tied=1, user_defined=[])
    yield "usual", usual
    yield "no prefix", {**usual, "add_dummy_prefix": False}
    yield "extra spaces removed", {**usual, "remove_extra_whitespaces": True}
    yield "no bytes", {**usual, "byte_fallback": False}
    yield "equal scores", {**usual, "tied": 7}
    yield "user-defined", {**usual, "user_defined": ["hello", "xyzzy", "ab", "abb", "<tag>"]}


def main():
    tokens, merges = trained()
    plain = [t for t in TEXTS if not any(s in t for s in ("<s>", "</s>", "<unk>", "<image>", "<pad>"))]
    plain += ["xyzzy hello<tag>there", "<tag> <tag>", "abbabb ab", "hellohello"]
    golden = {"vocabulary": tokens, "merges": merges, "tokenizers": [], "sentencepiece": []}
    for variant in variants(tokens):
        complete = completed(variant, tokens, merges)
        tokenizer = Tokenizer.from_str(json.dumps(complete))
        variant["cases"] = list(cases(tokenizer, variant.pop("texts")))
        variant["decodings"] = list(decodings(tokenizer, tokens))
        golden["tokenizers"].append(variant)
    for name, options in sentencepiece_variants():
        model = sentencepiece_model(pieces(tokens, options), options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        encoded = [{"text": t, "ids": processor.encode(t)} for t in plain]
        golden["sentencepiece"].append({"name": name, "options": options, "cases": encoded})
    OUT.mkdir(parents=True, exist_ok=True)
    lines = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
    for start in ('{"text":', '{"name":', '"merges":', '"tokenizers":', '"sentencepiece":'):
        lines = lines.replace(start, "\n" + start)
    (OUT / "goldens.json").write_text(lines + "\n")
    print(len(tokens), "tokens,", len(merges), "merges,", len(lines), "bytes")


if __name__ == "__main__":
    main()
