#!/usr/bin/python3
"""Trains in PyTorch the model that a Diecast run trained, to lay the loss curves side by side. Used by hand.

    train_reference.py FOLDER [--compare RUN/metrics.jsonl] [--float64] [--beta2 0.95 ...]

FOLDER holds
  preset.json        the sizes, with the field names of torch_model.Preset (those of diecast::Preset)
  model.safetensors  the parameters before the first step, as a Diecast checkpoint has them, F32
  tokens.bin         token ids, uint32 little-endian, no header
  steps.txt          a line per optimizer step: the learning rate, then the offset in tokens.bin of each sequence of
                     the step; a sequence is the seq_len tokens from there, its targets start one token later
Dropout is not modelled: the run must have none. A line of JSON per step goes to stdout, with the keys of Diecast's
metrics.jsonl; `loss` is before the step, `grad_norm` before clipping. With --compare also the relative difference to
the run's loss, for the steps that it logged (numbered from 1).
"""

import argparse
import json
import pathlib

import numpy as np
import torch

from torch_model import Model, Preset, make_optimizer, train_step


def read_safetensors(file):
    data = file.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = {k: v for k, v in json.loads(data[8:begin]).items() if k != "__metadata__"}
    assert all(v["dtype"] == "F32" for v in header.values()), "train_reference: the parameters must be F32"
    slices = {k: data[begin + v["data_offsets"][0]:begin + v["data_offsets"][1]] for k, v in header.items()}
    return {k: torch.from_numpy(np.frombuffer(s, "<f4").reshape(header[k]["shape"]).copy()) for k, s in slices.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--compare", type=pathlib.Path, help="metrics.jsonl of the run")
    parser.add_argument("--float64", action="store_true")
    for name, value in {"beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weight_decay": 0.1, "clip": 1.0}.items():
        parser.add_argument("--" + name, type=float, default=value)
    return parser.parse_args()


def main():
    args = parse_arguments()
    p = Preset(**json.loads((args.folder / "preset.json").read_text()))
    model = Model(p)
    model.load_state_dict(read_safetensors(args.folder / "model.safetensors"))
    model.to(torch.float64 if args.float64 else torch.float32)
    optimizer = make_optimizer(model, 0.0, (args.beta1, args.beta2), args.eps, args.weight_decay)
    tokens = np.fromfile(args.folder / "tokens.bin", "<u4").astype(np.int64)
    lines = args.compare.read_text().splitlines() if args.compare else []
    logged = {line["step"]: line["loss"] for line in map(json.loads, lines) if "loss" in line}

    for step, line in enumerate((args.folder / "steps.txt").read_text().splitlines(), 1):
        lr, *offsets = line.split()
        for group in optimizer.param_groups:
            group["lr"] = float(lr)
        windows = torch.from_numpy(np.stack([tokens[int(o):int(o) + p.seq_len + 1] for o in offsets]))
        loss, grad_norm = train_step(model, optimizer, windows[:, :-1], windows[:, 1:], args.clip)
        metrics = {"step": step, "loss": loss, "lr": float(lr), "grad_norm": grad_norm}
        if step in logged:
            metrics["relative_difference"] = (logged[step] - loss) / loss
        print(json.dumps(metrics), flush=True)


if __name__ == "__main__":
    main()
