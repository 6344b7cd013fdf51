#!/usr/bin/env python3
"""optimizer_test.py BINARY: runs of the preset tiny with each optimizer, parameter groups, a moving mean, noise."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)

# Rates that suit each rule; muon's is AdamW's.
RATES = {"adamw": 3e-3, "muon": 3e-3, "lion": 5e-4, "sgd": 0.1}
FILES = ["model.safetensors", "optimizer.safetensors"]


def run(*args):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, errors="backslashreplace",
                          timeout=120)


def overrides(**values):
    return [part for key, value in values.items() for part in ["--set", f"{key.replace('__', '.')}={value}"]]


class OptimizerTest(CommandTest):
    run_command = staticmethod(run)

    def train(self, name, *more, **settings):
        """A run folder with this name: the trained run, or the one that goes on."""
        common = dict(data__source="builtin:stories:40", schedule__warmup_steps=2, schedule__decay_steps=40,
                      log__every_steps=1, eval__every_steps=0, sample__max_tokens=8)
        said = settings if "--resume" in more else {**common, **settings}
        self.succeeds("train", "--out", self.folder / name, *overrides(**said), *more)
        return self.folder / name

    def metrics(self, folder):
        return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]

    def checkpoint(self, folder, step, name):
        return (folder / f"checkpoints/step-{step:08}" / name).read_bytes()

    def evaluated(self, folder):
        return json.loads(self.succeeds("eval", folder, "--json").stdout)["loss"]

    def test_every_optimizer_learns_and_resumes_bit_for_bit(self):
        for name, rate in RATES.items():
            with self.subTest(name):
                settings = dict(optimizer__name=name, optimizer__lr=rate, optimizer__gradient_noise=1e-9)
                whole = self.train(f"{name}-whole", train__max_steps=40, **settings)
                losses = [line["loss"] for line in self.metrics(whole)]
                self.assertLess(losses[-1], losses[0] - 0.7, losses)
                halves = self.train(f"{name}-halves", train__max_steps=15, run__threads=1, **settings)
                self.train(f"{name}-halves", "--resume", train__max_steps=40, run__threads=2)
                for file in FILES:
                    self.assertEqual(self.checkpoint(whole, 40, file), self.checkpoint(halves, 40, file), file)

    def test_a_moving_mean_is_what_is_evaluated_and_resumes_bit_for_bit(self):
        plain = self.train("plain", train__max_steps=20)
        settings = dict(optimizer__ema_decay=0.9, eval__every_steps=5)
        whole = self.train("whole", train__max_steps=20, **settings)
        for file in FILES:
            self.assertEqual(self.checkpoint(whole, 20, file), self.checkpoint(plain, 20, file), "training has changed")
        self.assertNotEqual(self.checkpoint(whole, 20, "ema.safetensors"), self.checkpoint(whole, 20, FILES[0]))
        self.assertFalse((plain / "checkpoints/step-00000020/ema.safetensors").exists())
        self.assertEqual(self.evaluated(whole), self.metrics(whole)[-1]["val_loss"])
        self.assertNotEqual(self.evaluated(whole), self.evaluated(plain))
        halves = self.train("halves", train__max_steps=7, **settings)
        self.train("halves", "--resume", train__max_steps=20)
        for file in [*FILES, "ema.safetensors"]:
            self.assertEqual(self.checkpoint(whole, 20, file), self.checkpoint(halves, 20, file), file)
        self.assertIn("are the same", self.succeeds("verify", whole, "--replay", "5..20").stdout)
        # Its samples are the mean's, too.
        text = ["generate", "--prompt", "Once", "--max-tokens", "20", "--temperature", "0"]
        means = whole / "checkpoints/step-00000020/ema.safetensors"
        of_means = self.succeeds(text[0], whole, *text[1:]).stdout
        self.assertTrue(of_means.startswith("Once"))
        damaged = bytearray(means.read_bytes())
        damaged[-1] ^= 1
        means.write_bytes(damaged)
        self.assertIn("ema.safetensors", run("eval", whole).stderr)

    def test_the_checkpoint_at_which_patience_ends_a_run_has_the_weights_and_not_their_mean(self):
        # So high a rate that no evaluation is better than the first.
        settings = dict(optimizer__ema_decay=0.9, optimizer__lr=0.5, eval__every_steps=2, checkpoint__every_steps=2)
        ended = self.train("ended", train__max_steps=100, eval__patience=2, **settings)
        step = self.metrics(ended)[-1]["step"]
        self.assertLess(step, 100)
        straight = self.train("straight", train__max_steps=step, **settings)
        for file in [*FILES, "ema.safetensors"]:
            self.assertEqual(self.checkpoint(ended, step, file), self.checkpoint(straight, step, file), file)

    def test_groups_freeze_what_they_match(self):
        groups = '[{match = "embedding.*", lr = 0}, {match = "*.norm.*", lr = 0.5, weight_decay = 0.01}]'
        start = self.train("start", train__max_steps=1, optimizer__groups=groups)
        config = (start / "config.toml").read_text()
        self.assertIn('groups = [{ match = "embedding.*", lr = 0.0 }, '
                      '{ match = "*.norm.*", lr = 0.5, weight_decay = 0.01 }]', config)
        again = self.folder / "again"
        self.succeeds("train", start / "config.toml", "--out", again)
        self.assertEqual(self.checkpoint(start, 1, FILES[0]), self.checkpoint(again, 1, FILES[0]))
        self.train("start", "--resume", train__max_steps=3)

        def tensor(step, name):
            content = self.checkpoint(start, step, FILES[0])
            size = int.from_bytes(content[:8], "little")
            begin, end = json.loads(content[8:8 + size])[name]["data_offsets"]
            return content[8 + size + begin:8 + size + end]

        self.assertEqual(tensor(1, "embedding.tokens"), tensor(3, "embedding.tokens"))
        self.assertNotEqual(tensor(1, "blocks.0.attention.qkv.weight"), tensor(3, "blocks.0.attention.qkv.weight"))

    def test_wrong_groups_are_one_line(self):
        def wrong(groups, *says):
            self.fails(2, "train", "--set", f"optimizer.groups={groups}", "--out", self.folder / "run", says=says)

        wrong('[{match = "blocks.*.nrom.*", lr = 0.5}]', "'blocks.*.nrom.*'", "the nearest is blocks.")
        wrong('[{match = "*", rate = 0.5}]', "unknown key rate of optimizer.groups", "the nearest is")
        wrong('[{match = "*", lr = -1}]', "lr of optimizer.groups = -1 is out of range", "at least 0")
        wrong('[{match = "*", lr = "big"}]', "must be a number, not a string")
        wrong("[{lr = 1}]", "matches nothing")
        wrong("[1]", "must be an array of tables")
        wrong("norm", "must be an array of tables", "not a string")
        bad = self.file("bad.toml", '[optimizer]\ngroups = [\n  {match = "*", weight_decay = true},\n]\n')
        self.fails(2, "config", "check", bad, says=["bad.toml:3:"])

    def test_noise_changes_the_gradient(self):
        norms = [self.metrics(self.train(f"run{i}", train__max_steps=1, optimizer__gradient_noise=noise))[0]["grad_norm"]
                 for i, noise in enumerate([0, 1e-4])]
        # 134,848 parameters, each with a hundredth.
        self.assertAlmostEqual(norms[1] ** 2, norms[0] ** 2 + 1e-4 * 134848, delta=0.05 * norms[1] ** 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
