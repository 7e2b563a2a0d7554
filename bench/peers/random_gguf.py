"""A language model of random weights as GGUF: python random_gguf.py 7b|1.1b q4_0|q8_0 FILE. Speed does not depend on values."""
import sys

import gguf
import numpy as np

SHAPES = {"7b": (32, 4096, 11008, 32, 32), "1.1b": (22, 2048, 5632, 32, 4)}  # layers, width, feed-forward, heads, key heads
TYPES = {"q4_0": (18, gguf.GGMLQuantizationType.Q4_0), "q8_0": (34, gguf.GGMLQuantizationType.Q8_0)}
VOCABULARY = 32000

shape, kind, path = sys.argv[1:4]
layers, width, wide, heads, key_heads = SHAPES[shape]
w = gguf.GGUFWriter(path, "llama")
w.add_context_length(4096)
w.add_embedding_length(width)
w.add_block_count(layers)
w.add_feed_forward_length(wide)
w.add_head_count(heads)
w.add_head_count_kv(key_heads)
w.add_layer_norm_rms_eps(1e-5)
w.add_rope_freq_base(10000.0)
w.add_rope_dimension_count(width // heads)
w.add_vocab_size(VOCABULARY)
w.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0 if kind == "q4_0" else gguf.LlamaFileType.MOSTLY_Q8_0)
w.add_tokenizer_model("llama")
w.add_token_list([b"<unk>", b"<s>", b"</s>"] + [f"<0x{i:02X}>".encode() for i in range(256)]
                 + [f"t{i}".encode() for i in range(VOCABULARY - 259)])
w.add_token_scores([0.0] * VOCABULARY)
w.add_token_types([2, 3, 3] + [6] * 256 + [1] * (VOCABULARY - 259))
w.add_bos_token_id(1)
w.add_eos_token_id(2)
random = np.random.default_rng(0)


def matrix(name, rows, cols, kind=kind):
    size, number = TYPES[kind]
    blocks = rows * cols // 32
    some = random.integers(0, 256, (min(blocks, 1 << 16), size), dtype=np.uint8)
    scale = np.float16(1 / np.sqrt(cols) / (4 if kind == "q4_0" else 64))
    some[:, :2] = np.full((len(some), 1), scale).view(np.uint8)
    data = np.tile(some, (-(-blocks // len(some)), 1))[:blocks].reshape(rows, cols // 32 * size)
    w.add_tensor(name, data, raw_dtype=number)


def ones(name):
    w.add_tensor(name, np.ones(width, np.float32))


matrix("token_embd.weight", VOCABULARY, width)
ones("output_norm.weight")
matrix("output.weight", VOCABULARY, width, "q8_0")
for i in range(layers):
    block = f"blk.{i}."
    ones(block + "attn_norm.weight")
    ones(block + "ffn_norm.weight")
    for name, rows, cols in (("attn_q", width, width), ("attn_k", width // heads * key_heads, width),
                             ("attn_v", width // heads * key_heads, width), ("attn_output", width, width),
                             ("ffn_gate", wide, width), ("ffn_up", wide, width), ("ffn_down", width, wide)):
        matrix(f"{block}{name}.weight", rows, cols)
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
