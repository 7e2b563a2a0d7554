"""PyTorch's time for tiles through CLIP ViT-L/14 at 336 in bf16: python torch_tower.py [TILES]. 24 layers without projector,
once as fast as it goes and once with the attention weights that HiRED's code asks for. Random weights."""
import statistics
import sys
import time

import torch
from transformers import CLIPVisionConfig, CLIPVisionModel

tiles = int(sys.argv[1]) if len(sys.argv) > 1 else 5
config = CLIPVisionConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16,
                          image_size=336, patch_size=14, projection_dim=768)
for attention, weights in (("sdpa", False), ("eager", True)):
    config._attn_implementation = attention
    tower = CLIPVisionModel(config).to(torch.bfloat16).eval()
    pixels = torch.randn(tiles, 3, 336, 336, dtype=torch.bfloat16)
    seconds = []
    with torch.no_grad():
        for _ in range(4):  # the first warms up
            begin = time.time()
            tower(pixels, output_hidden_states=True, output_attentions=weights)
            seconds.append(time.time() - begin)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {attention}: "
          f"{statistics.median(seconds[1:]):.2f} s for {tiles} tiles", flush=True)
