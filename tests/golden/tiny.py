#!/usr/bin/python3
"""Writes the golden numbers of two small models, tiny.json and tiny_llama.json, beside this file.

PyTorch trains each model for 20 steps from the parameters and batches of the integer formula in golden.hpp:
AdamW as in TRAINING, gradients of the mean loss clipped to norm 1. Everything is computed in float32 and again in
float64 from the same float32 parameters. Debian 12: apt-get install python3-torch python3-numpy. Takes seconds.

In the files:
  preset, training      the constants below; golden.hpp refuses a preset that differs
  parameters            per tensor the sum of its starting values; first_tokens: the start of batch 0
  losses, grad_norm     before each step, float32; *_f64 the same in float64
  gradients             at step 0, per tensor: l2 norm and 8 sampled elements of the gradient of the mean loss
  f32_distance          how far float32 is from float64: the greatest relative differences
"""

import dataclasses
import json
import pathlib

import numpy as np
import torch

from torch_model import Model, Preset, make_optimizer, train_step

TINY = Preset(name="tiny", n_layers=2, d_model=64, n_heads=4, d_ff=256, vocab_size=500, seq_len=32, batch_size=8)
TINY_LLAMA = Preset(
    name="tiny_llama", n_layers=2, d_model=64, n_heads=4, n_kv_heads=2, d_ff=96, vocab_size=300, seq_len=16,
    batch_size=4, norm="rms_norm", position="rope", mlp="swiglu", tied_head=False, bias=False,
)
TRAINING = {"steps": 20, "lr": 1e-3, "betas": [0.9, 0.95], "eps": 1e-8, "weight_decay": 0.1, "clip": 1.0}
SAMPLES = 8


def splitmix64(state):
    """Vigna's SplitMix64, its first output; uint64 arrays wrap around."""
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def hashes(stream, count):
    return splitmix64(np.uint64(stream << 32) + np.arange(count, dtype=np.uint64))


def initial_values(tensor_index, count, name):
    uniform = (hashes(tensor_index, count) >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    offset = 1.0 if name.endswith("norm.weight") else 0.0
    return (offset + np.float64(np.float32(0.05)) * uniform).astype(np.float32)


def batch(p, step):
    r = hashes(65536 + step, p.batch_size * (p.seq_len + 1))
    lo, hi = (r & np.uint64(0xFFFFFFFF)) % np.uint64(p.vocab_size), (r >> np.uint64(32)) % np.uint64(p.vocab_size)
    tokens = torch.from_numpy((lo * hi // np.uint64(p.vocab_size)).astype(np.int64))
    tokens = tokens.view(p.batch_size, p.seq_len + 1)
    return tokens[:, :-1], tokens[:, 1:]


def make_model(p, dtype):
    model = Model(p)
    with torch.no_grad():
        for index, (name, weight) in enumerate(model.named_parameters()):
            weight.copy_(torch.from_numpy(initial_values(index, weight.numel(), name)).view_as(weight))
    return model.to(dtype)


def first_gradients(p, dtype):
    model = make_model(p, dtype)
    model.loss(*batch(p, 0)).backward()
    return {name: weight.grad.double().flatten() for name, weight in model.named_parameters()}


def train(p, dtype):
    model = make_model(p, dtype)
    optimizer = make_optimizer(model, TRAINING["lr"], TRAINING["betas"], TRAINING["eps"], TRAINING["weight_decay"])
    steps = [train_step(model, optimizer, *batch(p, step), TRAINING["clip"]) for step in range(TRAINING["steps"])]
    return [loss for loss, _ in steps], [norm for _, norm in steps]


def sample_indices(size, stream):
    """One index from each of SAMPLES equal parts, as complex_step.hpp's sample_coordinates does."""
    count = min(SAMPLES, size)
    begins = [k * size // count for k in range(count + 1)]
    r = hashes(stream, count)
    return [begins[k] + int(r[k]) % (begins[k + 1] - begins[k]) for k in range(count)]


def relative(a, b):
    return max(abs(x - y) / abs(y) for x, y in zip(a, b))


def golden(p):
    losses, grad_norm = train(p, torch.float32)
    losses_f64, grad_norm_f64 = train(p, torch.float64)
    g32, g64 = first_gradients(p, torch.float32), first_gradients(p, torch.float64)
    gradients = []
    for index, name in enumerate(g64):
        samples = [{"index": i, "value": g64[name][i].item(), "value_f32": g32[name][i].item()}
                   for i in sample_indices(len(g64[name]), index)]
        gradients.append({"name": name, "l2": g64[name].norm().item(), "l2_f32": g32[name].norm().item(),
                          "samples": samples})
    error = {name: ((g32[name] - g64[name]).norm() / g64[name].norm()).item() for name in g64}
    elements = {name: ((g32[name] - g64[name]).abs().max() / g64[name].abs().max()).item() for name in g64}
    parameters = [{"name": name, "shape": list(weight.shape), "sum": weight.sum().item()}
                  for name, weight in make_model(p, torch.float64).named_parameters()]
    return {
        "made_by": f"tests/golden/tiny.py with PyTorch {torch.__version__}",
        "preset": dataclasses.asdict(p),
        "training": TRAINING,
        "first_tokens": batch(p, 0)[0].flatten()[:16].tolist(),
        "parameters": parameters,
        "losses": losses, "grad_norm": grad_norm,
        "losses_f64": losses_f64, "grad_norm_f64": grad_norm_f64,
        "gradients": gradients,
        "f32_distance": {
            "losses": relative(losses, losses_f64), "grad_norm": relative(grad_norm, grad_norm_f64),
            "gradient_l2_error": max(error.values()), "gradient_l2_error_at": max(error, key=error.get),
            "gradient_element_to_largest": max(elements.values()),
        },
    }


if __name__ == "__main__":
    torch.set_num_threads(1)  # so that a second run writes the same file
    for preset in (TINY, TINY_LLAMA):
        numbers = golden(preset)
        file = pathlib.Path(__file__).with_name(preset.name + ".json")
        file.write_text(json.dumps(numbers, indent=1) + "\n")
        print(file, json.dumps(numbers["f32_distance"]))
