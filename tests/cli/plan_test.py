#!/usr/bin/env python3
"""plan_test.py BINARY: what `plan` says of the preset tiny before any run."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)


def run(*args):
    return subprocess.run([BINARY, "plan", *map(str, args)], capture_output=True, text=True, timeout=60)


class PlanTest(CommandTest):
    run_command = staticmethod(run)

    def test_plan_adds_up(self):
        facts = json.loads(self.succeeds("--json").stdout)
        self.assertEqual(facts["parameters"], sum(layer["parameters"] for layer in facts["layers"]))
        total = facts["bytes"].pop("total")
        self.assertEqual(total, sum(facts["bytes"].values()))
        self.assertIn("FLOPs", self.succeeds().stdout)

    def test_plan_says_what_each_policy_of_recomputation_costs_and_saves(self):
        facts = json.loads(self.succeeds("--json").stdout)
        none, branches, block = facts["recompute"]
        self.assertEqual([policy["policy"] for policy in facts["recompute"]], ["none", "branches", "block"])
        self.assertEqual([policy["active"] for policy in facts["recompute"]], [True, False, False])
        self.assertEqual((none["bytes"], none["saved_bytes"]),
                         (facts["bytes"]["total"], facts["bytes"]["saved_activations"]))
        self.assertGreater(none["saved_bytes"], branches["saved_bytes"])
        self.assertGreater(branches["saved_bytes"], block["saved_bytes"])
        self.assertEqual(none["extra_flops_share"], 0)
        # Forward is a third of the step, and not all of it is run again.
        self.assertTrue(0 < branches["extra_flops_share"] < block["extra_flops_share"] < 1 / 3)
        self.assertRegex(self.succeeds().stdout, r"\n\* none +\d+ .* 0\.0%\n  branches +\d+ ")

    def schedule(self, *args):
        return json.loads(self.succeeds("--json", *args).stdout)["schedule"]

    def test_the_learning_rate_is_that_of_the_configuration(self):
        file = self.file("run.toml", "[train]\nmax_steps = 41\n[schedule]\nname = 'linear'\nwarmup_steps = 10\n"
                                     "min_lr = 0.1\n[optimizer]\nlr = 0.5\n")
        schedule = self.schedule(file, "--set", "optimizer.lr=1.0")
        self.assertEqual((schedule["name"], schedule["steps"]), ("linear", 41))
        rates = {point["step"]: point["lr"] for point in schedule["curve"]}
        self.assertEqual(list(rates), list(range(1, 42)))
        for step, lr in {1: 0.1, 10: 1.0, 11: 1.0, 41: 0.1 + 0.9 / 31}.items():
            self.assertAlmostEqual(rates[step], lr)

    def test_a_long_course_is_sampled_from_its_first_step_to_its_last(self):
        steps = [point["step"] for point in self.schedule("--set", "train.max_steps=1000000")["curve"]]
        self.assertEqual((steps[0], steps[-1]), (1, 1000000))
        self.assertEqual(len(steps), 200)

    def test_the_curve_is_drawn_with_its_axes(self):
        text = self.succeeds("--set", "schedule.name='wsd'", "--set", "schedule.warmup_steps=0", "--set",
                             "schedule.min_lr=0", "--set", "optimizer.lr=0.25", "--set", "train.max_steps=500").stdout
        self.assertRegex(text, r"learning rate +wsd +500 steps\n +0\.25 \|'{40,60}")
        self.assertRegex(text, r"\n +0 \| +[.' ]*\.\n +step 1 +500\n$")

    def test_without_an_end_in_steps_it_says_what_would_show_the_curve(self):
        limits = ["--set", "train.max_steps=0", "--set", "train.max_epochs=2"]
        self.assertRegex(self.succeeds(*limits).stdout, "learning rate +cosine +\n.*train.max_steps")
        self.assertEqual(self.schedule(*limits)["curve"], [])
        self.assertEqual(len(self.schedule(*limits, "--set", "schedule.decay_steps=30")["curve"]), 30)

    def test_a_bad_configuration_is_refused(self):
        self.fails(2, "--set", "optimizer.lr=-1", says=["optimizer.lr"])
        self.fails(2, self.folder / "none.toml", says=["none.toml"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
