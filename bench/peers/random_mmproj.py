"""LLaVA's vision part, CLIP ViT-L/14 at 336, of random weights as GGUF: python random_mmproj.py f16|bf16|q8_0 FILE."""
import sys

import gguf
import numpy as np

LAYERS, WIDTH, WIDE, HEADS, SIZE, PATCH, TEXT_WIDTH = 23, 1024, 4096, 16, 336, 14, 4096  # 23: LLaVA leaves the last of 24 out
KINDS = {"f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
         "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
         "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0)}

kind, path = sys.argv[1:3]
kind, file_type = KINDS[kind]
w = gguf.GGUFWriter(path, "clip")
w.add_file_type(file_type)
w.add_bool("clip.has_vision_encoder", True)
w.add_bool("clip.has_llava_projector", True)
w.add_string("clip.projector_type", "mlp")
w.add_bool("clip.use_gelu", False)  # the quick gelu
w.add_vision_image_size(SIZE)
w.add_vision_patch_size(PATCH)
w.add_vision_embedding_length(WIDTH)
w.add_vision_feed_forward_length(WIDE)
w.add_vision_projection_dim(768)
w.add_vision_head_count(HEADS)
w.add_vision_attention_layernorm_eps(1e-5)
w.add_vision_block_count(LAYERS)
w.add_array("clip.vision.feature_layer", [LAYERS])  # without it, llama.cpp stops one block earlier
w.add_vision_image_mean([0.48145466, 0.4578275, 0.40821073])
w.add_vision_image_std([0.26862954, 0.26130258, 0.27577711])
random = np.random.default_rng(0)


def values(*shape):
    return random.standard_normal(shape, np.float32) / np.float32(np.sqrt(np.prod(shape[1:])))


def linear(name, rows, cols):
    w.add_tensor(name + ".weight", gguf.quants.quantize(values(rows, cols), kind), raw_dtype=kind)
    w.add_tensor(name + ".bias", np.zeros(rows, np.float32))


def norm(name):
    w.add_tensor(name + ".weight", np.ones(WIDTH, np.float32))
    w.add_tensor(name + ".bias", np.zeros(WIDTH, np.float32))


w.add_tensor("v.class_embd", values(1, WIDTH)[0])
w.add_tensor("v.patch_embd.weight", values(WIDTH, 3, PATCH, PATCH))
w.add_tensor("v.position_embd.weight", values((SIZE // PATCH) ** 2 + 1, WIDTH))
norm("v.pre_ln")
for i in range(LAYERS):
    block = f"v.blk.{i}."
    norm(block + "ln1")
    norm(block + "ln2")
    for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
        linear(block + name, WIDTH, WIDTH)
    linear(block + "ffn_up", WIDE, WIDTH)
    linear(block + "ffn_down", WIDTH, WIDE)
linear("mm.0", TEXT_WIDTH, WIDTH)
linear("mm.2", TEXT_WIDTH, TEXT_WIDTH)
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
