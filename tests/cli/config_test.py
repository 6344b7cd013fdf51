#!/usr/bin/env python3
"""config_test.py BINARY: `config reference | check | show | import` of the preset tiny."""
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)

OLD = {"model": {"type": "transformer", "d_model": 64, "num_heads": 99},
       "computation": {"description": "a small one"},
       "training": {"learning_rate": 0.0001, "num_epochs": 1, "shuffle": True},
       "data": {"input_file": "text.txt"}}


def run(*args):
    return subprocess.run([BINARY, "config", *map(str, args)], capture_output=True, text=True, timeout=60)


class ConfigTest(CommandTest):
    run_command = staticmethod(run)

    def test_reference_is_a_configuration_that_changes_nothing(self):
        done = run("reference")
        self.assertEqual(done.returncode, 0, done.stderr)
        keys = {f"{section}.{key}" for section, table in tomllib.loads(done.stdout).items() for key in table}
        self.assertLessEqual({"optimizer.lr", "data.source", "train.max_steps", "log.level"}, keys)
        reference = self.file("reference.toml", done.stdout)
        self.assertEqual(run("check", reference).returncode, 0)
        self.assertRegex(done.stdout, "# update rule; .*; one of adamw, muon, lion, sgd\n")

    def test_check_names_the_place(self):
        self.fails(2, "check", self.file("bad.toml", "[optimizer]\nlearning = 1\n"), says=["bad.toml:2:1", "optimizer."])
        self.fails(2, "check", "--set", "optimizer.lr=-1", says=["optimizer.lr", "above 0"])
        self.fails(2, "check", self.folder / "none.toml", says=["none.toml"])
        self.assertEqual(run("check").returncode, 0)

    def test_later_files_override_earlier_ones_and_show_says_so(self):
        first = self.file("a.toml", "[optimizer]\nlr = 1e-3\nbeta1 = 0.8\n")
        second = self.file("b.toml", "[optimizer]\nlr = 2e-3\n")
        done = run("show", first, second, "--set", "run.seed=7")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = tomllib.loads(done.stdout)
        self.assertEqual(shown["optimizer"]["lr"], 2e-3)
        self.assertEqual(shown["optimizer"]["beta1"], 0.8)
        self.assertRegex(done.stdout, r"lr = 0\.002 +# .*b\.toml:2:6")
        self.assertRegex(done.stdout, r"seed = 7 +# --set run\.seed")
        self.assertNotIn("# default", done.stdout)
        self.assertRegex(run("show", "--resolved").stdout, r"eps = 1e-08 +# default")

    def test_import_translates_and_says_what_it_could_not(self):
        old = self.file("old.json", json.dumps(OLD))
        out = self.folder / "new.toml"
        done = run("import", old, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        new = tomllib.loads(out.read_text())
        self.assertEqual(new["optimizer"]["lr"], 1e-4)
        self.assertEqual(new["model"], {"d_model": 64})
        self.assertIn("note: training.learning_rate: had no effect there", done.stderr)
        self.assertIn("note: model.num_heads: 99 there", done.stderr)
        self.assertEqual(run("check", out).returncode, 0)
        self.assertEqual(run("import", old).stdout, out.read_text())
        self.fails(2, "import", old, "--out", out, says=["already"])

    def test_wrong_use_is_one_line(self):
        self.fails(2, "import", self.file("old.json", "{"), says=["old.json:1"])
        self.fails(2, "import", self.folder / "none.json", says=["none.json"])
        self.fails(2, "import", says=["OLD.json"])
        self.fails(2, says=["reference, check, show, import"])
        self.fails(2, "chekc", says=["chekc", "check"])
        self.fails(2, "show", "--resolvde", says=["--resolved"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
