"""Writes a checkpoint folder that transformers (and Fovea) load: hub-style names, bf16 safetensors."""
import json
import os
import shutil

import torch
from safetensors.torch import save_file

from .geometry import pinpoints
from .model import Config
from .tokenizer import BOS, EOS, IMAGE, PAD, UNK, Tok

TEMPLATE = ("{% for message in messages %}{% if message['role'] == 'user' %}{{ 'USER: ' }}"
            "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\\n' }}{% endfor %}"
            "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] }}{% endfor %}"
            "{{ ' ' }}{% elif message['role'] == 'assistant' %}{{ 'ASSISTANT:' }}"
            "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ ' ' + content['text'] + '</s>' }}{% endfor %}"
            "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def dump(path, x):
    with open(path, "w") as f:
        json.dump(x, f, indent=2, ensure_ascii=False)
        f.write("\n")


def vision_config(c, **more):
    return dict(model_type="clip_vision_model", hidden_size=c.v_dim, intermediate_size=c.v_mlp, num_hidden_layers=c.v_layers,
                num_attention_heads=c.v_heads, image_size=c.tile, patch_size=c.patch, num_channels=3, projection_dim=c.v_dim,
                hidden_act="quick_gelu", layer_norm_eps=1e-5, **more)


def token_files(out, tok_path, tok):
    shutil.copy(tok_path, f"{out}/tokenizer.json")

    def t(s):
        return dict(content=s, lstrip=False, normalized=False, rstrip=False, single_word=False)
    dump(f"{out}/special_tokens_map.json", dict(bos_token=t(BOS), eos_token=t(EOS), pad_token=t(PAD), unk_token=t(UNK)))
    dump(f"{out}/added_tokens.json", {IMAGE: tok.image, PAD: tok.pad})
    ids = {0: UNK, 1: BOS, 2: EOS, tok.image: IMAGE, tok.pad: PAD}
    dump(f"{out}/tokenizer_config.json", dict(
        added_tokens_decoder={str(i): dict(t(s), special=True) for i, s in ids.items()}, bos_token=BOS, eos_token=EOS, pad_token=PAD,
        unk_token=UNK, clean_up_tokenization_spaces=False, model_max_length=2048, padding_side="left",
        processor_class="LlavaNextProcessor", tokenizer_class="PreTrainedTokenizerFast", image_token=IMAGE,
        extra_special_tokens=dict(image_token=IMAGE)))


def bf16(d):
    return {k: v.detach().to(torch.bfloat16).contiguous().clone() for k, v in d.items()}


def export(checkpoint, tok_path, out):
    s = torch.load(checkpoint, weights_only=False, map_location="cpu")
    c, tok = Config(**s["config"]), Tok(tok_path)
    os.makedirs(out, exist_ok=True)
    w = {}
    for k, v in s["v"].items():
        w["vision_tower.vision_model." + k] = v
    for k, v in s["l"].items():
        w[("language_model." if k.startswith(("model.", "lm_head.")) else "") + k] = v
    save_file(bf16(w), f"{out}/model.safetensors", {"format": "pt"})
    dump(f"{out}/config.json", dict(
        architectures=["LlavaNextForConditionalGeneration"], model_type="llava_next", bos_token_id=1, eos_token_id=2,
        pad_token_id=tok.pad, image_token_index=tok.image, ignore_index=-100, image_grid_pinpoints=pinpoints(c.tile),
        image_seq_length=c.grid ** 2, projector_hidden_act="gelu", multimodal_projector_bias=True, tie_word_embeddings=False,
        torch_dtype="bfloat16", use_image_newline_parameter=True, vision_feature_layer=-2, vision_feature_select_strategy="default",
        vocab_size=c.vocab,
        text_config=dict(
            architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=c.vocab, hidden_size=c.dim, intermediate_size=c.mlp,
            num_hidden_layers=c.layers, num_attention_heads=c.heads, num_key_value_heads=c.heads, head_dim=c.dim // c.heads,
            hidden_act="silu", max_position_embeddings=2048, rms_norm_eps=1e-5, rope_theta=c.theta, attention_bias=False, mlp_bias=False,
            tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, torch_dtype="bfloat16"),
        vision_config=vision_config(c)))
    dump(f"{out}/generation_config.json", dict(bos_token_id=1, eos_token_id=2, pad_token_id=tok.pad, do_sample=False,
                                               max_new_tokens=16))
    token_files(out, tok_path, tok)
    dump(f"{out}/preprocessor_config.json", dict(
        aspect_ratio_setting="anyres", crop_size=dict(height=c.tile, width=c.tile), do_center_crop=True, do_convert_rgb=True,
        do_normalize=True, do_pad=True, do_rescale=True, do_resize=True, image_grid_pinpoints=pinpoints(c.tile),
        image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711],
        image_processor_type="LlavaNextImageProcessor", processor_class="LlavaNextProcessor", resample=3,
        rescale_factor=0.00392156862745098, size=dict(shortest_edge=c.tile)))
    dump(f"{out}/processor_config.json", dict(image_token=IMAGE, num_additional_image_tokens=1, patch_size=c.patch,
                                              processor_class="LlavaNextProcessor", vision_feature_select_strategy="default"))
    dump(f"{out}/chat_template.json", dict(chat_template=TEMPLATE))
    return c


def rounded(checkpoint):
    """The checkpoint's networks with weights rounded as they ship."""
    from .model import Language, Vision
    s = torch.load(checkpoint, weights_only=False, map_location="cpu")
    c = Config(**s["config"])
    v, l = Vision(c), Language(c)
    v.load_state_dict({k: x.to(torch.bfloat16).float() for k, x in s["v"].items()})
    l.load_state_dict({k: x.to(torch.bfloat16).float() for k, x in s["l"].items()})
    return c, v.eval(), l.eval()
