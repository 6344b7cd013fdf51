#!/usr/bin/env python3
"""two_presets_test.py TINY QUARTER: the preset `quarter` trains, and no binary takes another's run for its own."""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TINY, QUARTER = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])


def run(*args):
    return subprocess.run([*map(str, args)], capture_output=True, text=True, errors="backslashreplace", timeout=300)


class TwoPresets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="diecast-presets-")
        cls.addClassCleanup(folder.cleanup)
        cls.run_folder = pathlib.Path(folder.name) / "run"
        cls.trained = run(QUARTER, "train", "--out", cls.run_folder, "--set", "data.source=builtin:stories:400",
                          "--set", "train.max_steps=6", "--set", "schedule.warmup_steps=2",
                          "--set", "log.every_steps=1", "--set", "sample.max_tokens=8")

    def test_quarter_learns(self):
        self.assertEqual(self.trained.returncode, 0, self.trained.stderr)
        losses = [json.loads(line)["loss"] for line in (self.run_folder / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual(len(losses), 6)
        self.assertLess(losses[-1], losses[0] - 0.5)

    def test_quarter_says_what_it_evaluates(self):
        done = run(QUARTER, "eval", self.run_folder, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLessEqual({"loss", "perplexity", "bits_per_byte", "tokens"}, json.loads(done.stdout).keys())

    def test_tiny_refuses_the_run_of_quarter_and_changes_nothing(self):
        def hashes():
            return {path: hashlib.sha256(path.read_bytes()).hexdigest()
                    for path in sorted(self.run_folder.rglob("*")) if path.is_file()}
        before = hashes()
        for command in (["eval", self.run_folder], ["generate", self.run_folder, "--prompt", "x"],
                        ["train", "--out", self.run_folder, "--resume"]):
            done = run(TINY, *command)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr, r"\Aerror: [^\n]*d_model[^\n]*\n\Z|\Aerror: [^\n]*n_layers[^\n]*\n\Z|"
                                          r"\Aerror: [^\n]*preset[^\n]*\n\Z")
        self.assertEqual(before, hashes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
