"""The networks, with the parameter names of transformers so that export is a copy.

Vision: CLIP ViT (class token, quick-GELU, pre-LN). Language: Llama. Only what training needs is written here; the exported
checkpoint is run by transformers (and by Fovea).
"""
import math
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    tile: int = 126
    patch: int = 14
    v_dim: int = 192
    v_layers: int = 5
    v_heads: int = 6
    v_mlp: int = 768
    dim: int = 192
    layers: int = 5
    heads: int = 4
    mlp: int = 512
    vocab: int = 704
    theta: float = 10000.0

    @property
    def grid(self):
        return self.tile // self.patch


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def attention(q, k, v, mask=None):
    """Softmax attention; on a CPU in bf16 the plain formula trains four times as fast as the fused one."""
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask.to(q.dtype))
    s = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    return (s if mask is None else s + mask.to(s.dtype)).softmax(-1, dtype=s.dtype) @ v


class VAttn(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.h = c.v_heads
        for n in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, n, nn.Linear(c.v_dim, c.v_dim))
        # queries start equal to keys: every patch looks at similar ones, which at first are its neighbours
        nn.init.orthogonal_(self.k_proj.weight, 1.0)
        self.q_proj.weight.data.copy_(self.k_proj.weight + 0.2 * torch.randn_like(self.k_proj.weight) / c.v_dim ** 0.5)

    def split(self, x):
        b, n, d = x.shape
        return x.view(b, n, self.h, d // self.h).transpose(1, 2)

    def forward(self, x, want=False, only_cls=False):
        q, k, v = self.split(self.q_proj(x[:, :1] if only_cls else x)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        a = None
        if want:                                             # attention of the class token: [b, heads, patches], log
            s = (q[:, :, :1] @ k.transpose(-1, -2)).float() / math.sqrt(q.shape[-1])
            a = s.log_softmax(-1)[:, :, 0, 1:]
        o = attention(q, k, v)
        o = o.transpose(1, 2).reshape(x.shape[0], -1, x.shape[2])
        return self.out_proj(o), a


class VMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c.v_dim, c.v_mlp)
        self.fc2 = nn.Linear(c.v_mlp, c.v_dim)

    def forward(self, x):
        return self.fc2(quick_gelu(self.fc1(x)))


class VLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn = VAttn(c)
        self.layer_norm1 = nn.LayerNorm(c.v_dim)
        self.mlp = VMlp(c)
        self.layer_norm2 = nn.LayerNorm(c.v_dim)

    def forward(self, x, want=False, only_cls=False):
        y, a = self.self_attn(self.layer_norm1(x), want, only_cls)
        x = (x[:, :1] if only_cls else x) + y
        return x + self.mlp(self.layer_norm2(x)), a


class VEmb(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(c.v_dim) * 0.02)
        self.patch_embedding = nn.Conv2d(3, c.v_dim, c.patch, c.patch, bias=False)
        self.position_embedding = nn.Embedding(c.grid ** 2 + 1, c.v_dim)
        g = c.grid                                           # starts as sines of row and column, so that neighbours are similar
        y, x = torch.meshgrid(torch.arange(g), torch.arange(g), indexing="ij")
        f = torch.exp(torch.linspace(math.log(0.15), math.log(1.6), c.v_dim // 4))
        e = torch.cat([t for a in (y.reshape(-1, 1) * f, x.reshape(-1, 1) * f) for t in (a.sin(), a.cos())], 1)
        self.position_embedding.weight.data = torch.cat([torch.randn(1, c.v_dim) * 0.02, 0.5 * e])
        self.p = c.patch

    def forward(self, x):
        b, ch, t, _ = x.shape
        p, g = self.p, t // self.p
        x = x.view(b, ch, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, ch * p * p)
        x = F.linear(x, self.patch_embedding.weight.flatten(1))
        x = torch.cat([self.class_embedding.to(x.dtype).expand(b, 1, -1), x], 1)
        return x + self.position_embedding.weight


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.layers = nn.ModuleList(VLayer(c) for _ in range(c.v_layers))


class Vision(nn.Module):
    """forward -> (features = output of layer n-2 without the class token, class output after post_layernorm, class attention
    of layers 0 and n-2 as log probabilities)"""

    def __init__(self, c):
        super().__init__()
        self.embeddings = VEmb(c)
        self.pre_layrnorm = nn.LayerNorm(c.v_dim)
        self.encoder = Encoder(c)
        self.post_layernorm = nn.LayerNorm(c.v_dim)

    def forward(self, x, full=True):
        n = len(self.encoder.layers)
        x = self.pre_layrnorm(self.embeddings(x))
        att = []
        for i, l in enumerate(self.encoder.layers[:-1]):
            x, a = l(x, want=full and i in (0, n - 2))
            if a is not None:
                att.append(a)
        feats = x[:, 1:]
        cls = self.post_layernorm(self.encoder.layers[-1](x, only_cls=True)[0][:, 0]) if full else None
        return feats, cls, att


class RMS(nn.Module):
    def __init__(self, d, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))
        self.eps = eps

    def forward(self, x):
        return F.rms_norm(x.float(), (x.shape[-1],), self.weight, self.eps)


class Attn(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.h = c.heads
        for n in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, n, nn.Linear(c.dim, c.dim, bias=False))

    def split(self, x):
        b, n, d = x.shape
        return x.view(b, n, self.h, d // self.h).transpose(1, 2)

    def forward(self, x, cos, sin, mask, split, tail, want):
        """Rows before `split` are one shared causal prefix; later rows see what `mask` [b, 1, n - split, n] allows. With `tail`
        only the later rows are computed. `want`: also return the probabilities of the later rows."""
        xq = x[:, split:] if tail else x
        q, k, v = self.split(self.q_proj(xq)), self.split(self.k_proj(x)), self.split(self.v_proj(x))
        q, k = rope(q, cos[..., split:, :] if tail else cos, sin[..., split:, :] if tail else sin), rope(k, cos, sin)
        late = q if tail else q[:, :, split:]
        o = attention(late, k, v, mask)
        p = None
        if want:
            p = ((late[:, :1] @ k[:, :1].transpose(-1, -2)).float() / math.sqrt(q.shape[-1]) + mask).log_softmax(-1)
        if not tail:
            n = torch.arange(split, device=x.device)
            causal = torch.where(n[:, None] >= n, 0.0, -30000.0)
            e = attention(q[:, :, :split], k[:, :, :split], v[:, :, :split], causal)
            o = torch.cat([e, o], 2)
        return self.o_proj(o.transpose(1, 2).reshape(xq.shape)), p


def rope(x, cos, sin):
    h = x.shape[-1] // 2
    r = torch.cat([-x[..., h:], x[..., :h]], -1)
    return (x * cos + r * sin).to(x.dtype)


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c.dim, c.mlp, bias=False)
        self.up_proj = nn.Linear(c.dim, c.mlp, bias=False)
        self.down_proj = nn.Linear(c.mlp, c.dim, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn = Attn(c)
        self.mlp = Mlp(c)
        self.input_layernorm = RMS(c.dim)
        self.post_attention_layernorm = RMS(c.dim)

    def forward(self, x, cos, sin, mask, split, tail=False, want=False):
        y, m = self.self_attn(self.input_layernorm(x), cos, sin, mask, split, tail, want)
        x = (x[:, split:] if tail else x) + y
        return x + self.mlp(self.post_attention_layernorm(x)), m


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocab, c.dim)
        nn.init.normal_(self.embed_tokens.weight, std=0.5)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = RMS(c.dim)


class Projector(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.linear_1 = nn.Linear(c.v_dim, c.dim)
        self.linear_2 = nn.Linear(c.dim, c.dim)

    def forward(self, x):
        return self.linear_2(F.gelu(self.linear_1(x)))


class Language(nn.Module):
    """Projector, newline and decoder."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.multi_modal_projector = Projector(c)
        self.image_newline = nn.Parameter(torch.randn(c.dim) * 0.5)
        self.model = Decoder(c)
        self.lm_head = nn.Linear(c.dim, c.vocab, bias=False)
        for l in self.model.layers:
            nn.init.normal_(l.self_attn.o_proj.weight, std=0.02 / math.sqrt(2 * c.layers))
            nn.init.normal_(l.mlp.down_proj.weight, std=0.02 / math.sqrt(2 * c.layers))

    def tables(self, pos):
        d = self.c.dim // self.c.heads
        inv = self.c.theta ** (-torch.arange(0, d, 2, dtype=torch.float32, device=pos.device) / d)
        a = pos.float()[..., None] * inv
        a = torch.cat([a, a], -1)
        if pos.ndim == 2:
            a = a[:, None]
        return a.cos(), a.sin()

    def embed(self, feats, pack, ids, image_at):
        """feats [b, patches, v_dim] of base and tiles; pack: indices, -1 newline; ids [b, n] has one placeholder at image_at."""
        x = self.multi_modal_projector(feats)
        nl = self.image_newline.to(x.dtype).expand(x.shape[0], 1, -1)
        x = torch.cat([x, nl], 1)[:, pack]                   # -1 is the last row: the newline
        e = self.model.embed_tokens(ids)
        return torch.cat([e[:, :image_at].to(x.dtype), x, e[:, image_at + 1:].to(x.dtype)], 1)

    def forward(self, x, pos, mask, split, probe=None, look=None):
        """-> hidden states of the rows from `split` on, hidden state after layer `probe`, log attention of head 0 in layer `look`"""
        cos, sin = self.tables(pos)
        mid = att = None
        n = len(self.model.layers)
        for i, l in enumerate(self.model.layers):
            x, a = l(x, cos, sin, mask, split, tail=i == n - 1, want=i == look)
            if a is not None:
                att = a
            if i == probe:
                mid = x[:, :split]
        return self.model.norm(x), mid, att


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum for matrices."""

    def __init__(self, params, lr, momentum=0.95, wd=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, wd=wd))

    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            shapes = {}
            for p in g["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, ps in shapes.items():                 # matrices of one shape are orthogonalised as one batch
                for p in ps:
                    if "m" not in self.state[p]:
                        self.state[p]["m"] = torch.zeros_like(p)
                grads, ms = [p.grad for p in ps], [self.state[p]["m"] for p in ps]
                torch._foreach_lerp_(ms, grads, 1 - g["momentum"])
                u = orthogonal(torch.stack([d.lerp(m, g["momentum"]).bfloat16() for d, m in zip(grads, ms)]))
                torch._foreach_mul_(ps, 1 - g["lr"] * g["wd"])
                torch._foreach_add_(ps, list(u.float().unbind()), alpha=-g["lr"] * max(1, shape[0] / shape[1]) ** 0.5)


def orthogonal(x):
    """Newton-Schulz iteration on a batch [n, rows, cols] of matrices."""
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT.contiguous()
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return x.mT if tall else x


class Optim:
    """Muon for the matrices of the blocks, AdamW for everything else; one learning-rate scale for both."""

    def __init__(self, module, lr_muon=0.01, lr_adam=2e-3, wd=0.02, skip=("embed", "lm_head", "heads", "probe")):
        mat, rest = [], []
        for n, p in module.named_parameters():
            if p.requires_grad:
                (mat if p.ndim == 2 and not any(s in n for s in skip) else rest).append(p)
        self.opts = ([Muon(mat, lr_muon, wd=wd)] if mat else []) \
            + ([torch.optim.AdamW(rest, lr_adam, betas=(0.9, 0.98), weight_decay=0.01)] if rest else [])
        self.base = ([lr_muon] if mat else []) + ([lr_adam] if rest else [])

    def step(self, scale):
        for o, b in zip(self.opts, self.base):
            for g in o.param_groups:
                g["lr"] = b * scale
            o.step()
            o.zero_grad(set_to_none=True)

    def state_dict(self):
        return [o.state_dict() for o in self.opts]

    def load_state_dict(self, s):
        for o, x in zip(self.opts, s):
            o.load_state_dict(x)


def config_dict(c):
    return asdict(c)
