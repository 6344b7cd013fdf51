"""The model of Diecast in PyTorch, with Diecast's parameter names, in table order."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Preset:
    """`diecast::Preset`, field by field, as far as it changes what is computed."""

    name: str
    n_layers: int
    d_model: int
    n_heads: int
    d_ff: int
    vocab_size: int
    seq_len: int
    batch_size: int
    n_kv_heads: int = 0
    norm: str = "layer_norm"
    position: str = "learned"
    mlp: str = "gelu"
    tied_head: bool = True
    bias: bool = True
    norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    def __post_init__(self):
        self.n_kv_heads = self.n_kv_heads or self.n_heads

    @property
    def head_dim(self):
        return self.d_model // self.n_heads


class RmsNorm(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.eps = p.norm_eps
        self.weight = nn.Parameter(torch.ones(p.d_model))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def make_norm(p):
    if p.norm == "rms_norm":
        return RmsNorm(p)
    norm = nn.LayerNorm(p.d_model, p.norm_eps)
    if not p.bias:
        norm.bias = None
    return norm


def rotate(x, theta):
    """RoPE of x (B, heads, T, D), as Hugging Face's Llama does it: x cos + rotate_half(x) sin."""
    T, D = x.shape[-2:]
    frequencies = 1.0 / theta ** (torch.arange(0, D, 2, dtype=torch.float64) / D)
    angles = torch.outer(torch.arange(T, dtype=torch.float64), frequencies)
    angles = torch.cat((angles, angles), -1)
    half = torch.cat((-x[..., D // 2:], x[..., :D // 2]), -1)
    return x * angles.cos().to(x.dtype) + half * angles.sin().to(x.dtype)


class Attention(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
        self.norm = make_norm(p)
        self.qkv = nn.Linear(p.d_model, (p.n_heads + 2 * p.n_kv_heads) * p.head_dim, p.bias)
        self.output = nn.Linear(p.d_model, p.d_model, p.bias)

    def forward(self, x):
        p = self.p
        B, T, C = x.shape
        widths = [heads * p.head_dim for heads in (p.n_heads, p.n_kv_heads, p.n_kv_heads)]
        q, k, v = (part.view(B, T, -1, p.head_dim).transpose(1, 2) for part in self.qkv(self.norm(x)).split(widths, -1))
        if p.position == "rope":
            q, k = rotate(q, p.rope_theta), rotate(k, p.rope_theta)
        k, v = (t.repeat_interleave(p.n_heads // p.n_kv_heads, dim=1) for t in (k, v))
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        scores = (q @ k.transpose(-2, -1) / p.head_dim**0.5).masked_fill(future, float("-inf"))
        return self.output((scores.softmax(-1) @ v).transpose(1, 2).reshape(B, T, C))


class Mlp(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.norm = make_norm(p)
        if p.mlp == "gelu":
            self.up = nn.Linear(p.d_model, p.d_ff, p.bias)
        else:
            self.gate_up = nn.Linear(p.d_model, 2 * p.d_ff, p.bias)
        self.down = nn.Linear(p.d_ff, p.d_model, p.bias)

    def forward(self, x):
        x = self.norm(x)
        if hasattr(self, "up"):
            return self.down(F.gelu(self.up(x), approximate="tanh"))
        gate, up = self.gate_up(x).chunk(2, -1)
        return self.down(F.silu(gate) * up)


class Block(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.attention = Attention(p)
        self.mlp = Mlp(p)

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.mlp(x)


class Embedding(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(p.vocab_size, p.d_model))
        if p.position == "learned":
            self.positions = nn.Parameter(torch.zeros(p.seq_len, p.d_model))

    def forward(self, inputs):
        x = F.embedding(inputs, self.tokens)
        return x + self.positions if hasattr(self, "positions") else x


class Model(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.embedding = Embedding(p)
        self.blocks = nn.ModuleList(Block(p) for _ in range(p.n_layers))
        self.final_norm = make_norm(p)
        if not p.tied_head:
            self.head = nn.Linear(p.d_model, p.vocab_size, bias=False)

    def forward(self, inputs):
        x = self.embedding(inputs)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.final_norm(x), self.head.weight if hasattr(self, "head") else self.embedding.tokens)

    def loss(self, inputs, targets):
        """Mean over the targets that are not -100 (Diecast's kIgnoredToken)."""
        return F.cross_entropy(self(inputs).flatten(0, 1), targets.flatten())


def make_optimizer(model, lr, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1):
    """AdamW; matrices (embeddings included) decay, norms and biases do not."""
    parameters = list(model.parameters())
    groups = [
        {"params": [w for w in parameters if w.dim() >= 2], "weight_decay": weight_decay},
        {"params": [w for w in parameters if w.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps)


def train_step(model, optimizer, inputs, targets, clip):
    """One step; returns the mean loss before it and the norm of the gradient before clipping."""
    optimizer.zero_grad()
    loss = model.loss(inputs, targets)
    loss.backward()
    grad_norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return loss.item(), grad_norm.item()
