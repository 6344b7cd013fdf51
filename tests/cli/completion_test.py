#!/usr/bin/env python3
"""completion_test.py BINARY: what bash offers with the script of `completion`."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)


def run(*args):
    return subprocess.run([BINARY, "completion", *map(str, args)], capture_output=True, text=True, timeout=60)


class CompletionTest(CommandTest):
    run_command = staticmethod(run)

    @classmethod
    def prepare(cls):
        cls.script = cls.shared / "completion.bash"
        cls.script.write_text(run("bash").stdout)

    def offered(self, *words):
        """What bash offers for the last word."""
        quoted = " ".join(f"'{word}'" for word in ("tiny", *words))
        shell = f'source {self.script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _tiny; printf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands_options_and_keys(self):
        self.assertEqual(self.offered("tok"), ["tokenizer"])
        self.assertEqual(set(self.offered("tokenizer", "")) & {"train", "encode", "prepare"}, {"train", "encode"})
        self.assertEqual(self.offered("tokenizer", "train", "--vocab"), ["--vocab-size"])
        self.assertIn("--resume", self.offered("train", "config.toml", "--"))
        self.assertEqual(self.offered("train", "--set", "optimizer.l"), ["optimizer.lr="])
        self.assertIn("--version", self.offered("--"))

    def test_words_of_other_commands_are_not_offered(self):
        self.assertEqual(self.offered("generate", "--resu"), [])
        self.assertEqual(self.offered("generate", "tokenizer", "enc"), [])  # a run of that name

    def test_every_shell_takes_its_script(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.succeeds(shell).stdout
            if shutil.which(shell):
                done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.fails(2, "ksh", says=["bash, zsh, fish"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
