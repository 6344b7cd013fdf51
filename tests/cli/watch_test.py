#!/usr/bin/env python3
"""watch_test.py BINARY: what a run does by itself, with the real binary of the preset tiny: ends that evaluations or
spikes bring about, rewinds, values that are not finite and their replay, and HellaSwag."""
import ctypes
import ctypes.util
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)

FAST = ["--set", "data.source=builtin:stories:40", "--set", "train.max_steps=30", "--set", "schedule.warmup_steps=0",
        "--set", "sample.prompts=[]", "--set", "log.every_steps=1", "--set", "eval.every_steps=0"]
QUIET = ["--set", "log.level=error"]


def run(*args, env=None):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, errors="backslashreplace",
                          timeout=120, env={**os.environ, **(env or {})})


def lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def xxh3(content):
    """XXH3-128 in hexadecimal."""
    function = ctypes.CDLL(ctypes.util.find_library("xxhash")).XXH3_128bits
    function.restype, function.argtypes = Hash128, [ctypes.c_char_p, ctypes.c_size_t]
    digest = function(content, len(content))
    return f"{digest.high:016x}{digest.low:016x}"


class WatchTest(CommandTest):
    run_command = staticmethod(run)

    def train(self, *args, out="run"):
        self.succeeds("train", *FAST, *QUIET, *args, "--out", self.folder / out)
        return self.folder / out


class Evaluations(WatchTest):
    def test_a_run_without_improvement_ends_early_and_stays_ended(self):
        patience = ["--set", "eval.every_steps=2", "--set", "eval.patience=3", "--set", "eval.min_improvement=100"]
        done = self.succeeds("train", *FAST, *patience, "--out", self.folder / "run")
        self.assertIn("ended after step 8 by eval.patience", done.stderr)
        again = self.succeeds("train", "--resume", "--out", self.folder / "run")
        self.assertIn("ended after step 8 by eval.patience", again.stderr)
        self.assertEqual([m["step"] for m in lines(self.folder / "run/metrics.jsonl")], list(range(1, 9)))
        self.succeeds("train", "--resume", "--out", self.folder / "run", *QUIET, "--set", "eval.patience=4")
        self.assertEqual(lines(self.folder / "run/metrics.jsonl")[-1]["step"], 10)

    def test_the_rate_falls_on_a_plateau_as_in_an_uninterrupted_run(self):
        plateau = ["--set", "eval.every_steps=2", "--set", "eval.min_improvement=100", "--set", "schedule.name=plateau",
                   "--set", "schedule.patience=2", "--set", "schedule.gamma=0.5", "--set", "optimizer.lr=8e-3", "--set",
                   "schedule.min_lr=1.5e-3"]
        whole = self.train(*plateau, "--set", "train.max_steps=20")
        halves = self.train(*plateau, "--set", "train.max_steps=11", out="halves")
        self.succeeds("train", "--resume", *QUIET, "--set", "train.max_steps=20", "--out", halves)
        rates = [[m["lr"] for m in lines(out / "metrics.jsonl")] for out in [whole, halves]]
        self.assertEqual(rates[0], [8e-3] * 6 + [4e-3] * 4 + [2e-3] * 4 + [1.5e-3] * 6)
        self.assertEqual(*rates)
        models = [(out / "checkpoints/step-00000020/model.safetensors").read_bytes() for out in [whole, halves]]
        self.assertEqual(*models)

    def test_what_needs_evaluations_says_so(self):
        self.fails(2, "config", "check", "--set", "eval.every_steps=0", "--set", "eval.patience=2",
                   says=["eval.patience", "eval.every_steps"])
        self.fails(2, "config", "check", "--set", "eval.every_steps=0", "--set", "schedule.name=plateau",
                   says=["plateau", "eval.every_steps"])


class Spikes(WatchTest):
    """Read in order, the text is the same few words over and over, but for the batches of steps 26 and 27."""

    @classmethod
    def prepare(cls):
        batch = 8 * 32
        words = b"One day a small dog ran home to the sea. "
        noise = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(2 * batch // 32))
        calm = words * (25 * batch // len(words) + 1)
        cls.text = cls.shared / "text.txt"
        cls.text.write_bytes(calm[:25 * batch] + bytes(byte % 90 + 33 for byte in noise) + calm)
        cls.options = ["--set", f"data.source={cls.text}", "--set", "data.shuffle=false", "--set",
                       "data.validation_fraction=0", "--set", "tokenizer.kind=byte", "--set", "spike.window=8", "--set",
                       "spike.z_score=6", "--set", "checkpoint.every_steps=4", "--set", "schedule.decay_steps=40"]

    def test_a_skipped_step_leaves_the_model_as_it_was(self):
        out = self.train(*self.options, "--set", "spike.policy=skip", "--set", "checkpoint.every_steps=1", "--set",
                         "checkpoint.keep_last=0")
        self.assertEqual([m["spikes"] for m in lines(out / "metrics.jsonl")], [0] * 25 + [1] + [2] * 4)
        self.assertIn("step 26: skipped, the loss is ", (out / "log.txt").read_text())
        models = [(out / f"checkpoints/step-000000{step}/model.safetensors").read_bytes() for step in [25, 26, 27, 28]]
        self.assertEqual(models[0], models[1])
        self.assertEqual(models[0], models[2])
        self.assertNotEqual(models[0], models[3])

    def test_a_stopped_run_names_the_step_and_data_why_its_documents(self):
        out = self.folder / "run"
        self.fails(3, "train", *FAST, *QUIET, *self.options, "--set", "spike.policy=stop", "--out", out,
                   says=["the loss is ", "deviations above its running mean", ", step 26, ", f"data why {out} --step 26"])
        self.assertIn("step 26: 8 rows of 1 documents\n", self.succeeds("data", "why", out, "--step", "26").stdout)
        self.assertEqual((out / "checkpoints/latest").read_text(), "step-00000024\n")

    def test_a_rewound_run_resumes_to_the_same_bits(self):
        rewind = [*self.options, "--set", "spike.policy=rewind", "--set", "checkpoint.keep_last=0"]
        whole = self.train(*rewind)
        state = json.loads((whole / "checkpoints/step-00000030/state.json").read_text())["state"]
        self.assertEqual(state["jumps"], [{"step": 24, "micro_steps": 27}])
        self.assertEqual((state["micro_steps"], state["spike"]["spikes"]), (33, 2))
        self.assertEqual([m["step"] for m in lines(whole / "metrics.jsonl")], list(range(1, 31)))
        self.succeeds("data", "why", whole, "--step", "30")
        for steps in ["8..24", "24..30"]:
            self.assertIn("are the same", self.succeeds("verify", whole, "--replay", steps).stdout)
        self.fails(2, "verify", whole, "--replay", "20..30", says=["back to step 24"])
        for step in [22, 28]:  # before the rewinds and after them
            halves = self.train(*rewind, "--set", f"train.max_steps={step}", out=f"to-{step}")
            self.succeeds("train", "--resume", *QUIET, "--set", "train.max_steps=30", "--out", halves)
            for name in ["model.safetensors", "optimizer.safetensors"]:
                self.assertEqual(*[(out / "checkpoints/step-00000030" / name).read_bytes() for out in [whole, halves]])


class NonFinite(WatchTest):
    def diverge(self, *args):
        """A run that ends by itself with exit code 3, its error, and the folder it has left."""
        out = self.folder / "run"
        done = self.fails(3, "train", *FAST, *QUIET, "--set", "schedule.name=constant", "--set", "checkpoint.every_steps=1",
                          *args, "--out", out, says=["is not finite", "checkpoints of earlier steps are intact"])
        bundle, = out.glob("nonfinite-step-*")
        self.assertIn(f"tiny replay {bundle}", done.stderr)
        return done.stderr, bundle

    def replays(self, error, bundle):
        """`replay` finds the same: what the error says of it."""
        done = self.run_command("replay", bundle)
        self.assertEqual(done.returncode, 3, done.stderr)
        found = done.stdout.strip().split(": ", 1)[1]
        self.assertTrue(error.startswith(f"error: {found}, step "), (error, found))
        facts = json.loads(self.run_command("replay", bundle, "--json").stdout)
        self.assertEqual((facts["reproduced"], facts["same"]), (True, True))
        return facts

    def test_an_absurd_learning_rate(self):
        error, bundle = self.diverge("--set", "optimizer.lr=1e30")
        facts = self.replays(error, bundle)
        self.assertNotEqual(facts["parameter"], "")
        self.assertEqual(list((bundle.parent / "checkpoints").iterdir()), [])

    def test_a_parameter_that_is_not_finite_in_a_checkpoint(self):
        """Of the second block's `up`: neither the layers before it nor those behind are blamed."""
        out = self.train("--set", "train.max_steps=2", "--set", "schedule.name=constant")
        checkpoint = out / "checkpoints/step-00000002"
        self.plant(checkpoint, "blocks.1.mlp.up.weight", b"\x00\x00\x80\x7f")
        before = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
        done = self.fails(3, "train", "--resume", *QUIET, "--set", "train.max_steps=9", "--out", out,
                          says=["the loss is not finite", "in parameter blocks.1.mlp.up.weight", "step 3", "stories"])
        self.assertEqual({path.name: path.read_bytes() for path in checkpoint.iterdir()}, before)
        facts = self.replays(done.stderr, out / "nonfinite-step-3")
        self.assertEqual((facts["layer"], facts["operation"], facts["parameter"], facts["parameter_value"]),
                         ("blocks.1.mlp.up", "forward", "blocks.1.mlp.up.weight", "inf"))
        self.assertEqual((facts["row"], facts["sequence"], facts["position"]), (0, 0, 0))
        # The document is the one that `data why` has first for that step.
        why = json.loads(self.succeeds("data", "why", out, "--step", "3", "--json").stdout)
        self.assertIn(f'{why["documents"][0]["name"]} (id {why["documents"][0]["id"]})', done.stderr)

    @staticmethod
    def plant(checkpoint, name, value):
        """Puts four bytes at the beginning of a parameter, and the hashes right."""
        model = checkpoint / "model.safetensors"
        content = bytearray(model.read_bytes())
        length, = struct.unpack("<Q", content[:8])
        begin = 8 + length + json.loads(content[8:8 + length])[name]["data_offsets"][0]
        content[begin:begin + 4] = value
        model.write_bytes(content)
        state = (checkpoint / "state.json").read_text()
        hashes = json.loads(state)
        state = state.replace(hashes["xxh3_128"]["model.safetensors"], xxh3(bytes(content)))
        compact = "".join(line.strip() for line in state.splitlines()).replace('": ', '":')
        before, _ = compact.rsplit(',"checksum":', 1)
        (checkpoint / "state.json").write_text(state.replace(hashes["checksum"], xxh3((before + "}").encode())))

    def test_a_folder_that_is_no_bundle(self):
        self.fails(2, "replay", self.folder, says=["there is no bundle", self.folder])


class HellaSwag(WatchTest):
    """Questions in the run's own tokens, whose hash the file then has; each with every answer once."""

    @classmethod
    def prepare(cls):
        cls.trained = cls.shared / "run"
        done = run("train", *FAST, *QUIET, "--set", "train.max_steps=4", "--out", cls.trained)
        assert done.returncode == 0, done.stderr
        facts = json.loads(run("tokenizer", "info", cls.trained, "--json").stdout)
        cls.hash = int(facts["hash"], 16)
        questions = []
        for i in range(5):
            context = [10 + i, 20, 30 + i]
            endings = [[40 + 7 * i + c] * (c + 1) for c in range(4)]
            questions += [(context, endings, answer) for answer in range(4)]
        cls.questions = cls.write(cls.shared / "questions.bin", questions, cls.hash)

    @staticmethod
    def write(path, questions, tokenizer_hash):
        stream, longest = [], 0
        for index, (context, endings, answer) in enumerate(questions):
            one = [65535, 0, index, answer, len(endings), len(context), *context]
            for ending in endings:
                one += [len(ending), *ending]
            one[1] = 2 * len(one)
            longest = max(longest, one[1])
            stream += one
        header = struct.pack("<4iQ250i", 20240522, 1, len(questions), longest, tokenizer_hash, *[0] * 250)
        path.write_bytes(header + struct.pack(f"<{len(stream)}H", *stream))
        return path

    def test_one_of_four_answers_is_right(self):
        facts = json.loads(self.succeeds("eval", self.trained, "--hellaswag", self.questions, "--json").stdout)
        self.assertEqual(facts["hellaswag"], {"questions": 20, "accuracy": 0.25, "accuracy_by_length": 0.25, "cut": 0,
                                              "left_out": 0})
        self.assertIn("HellaSwag      25.00 % right", self.succeeds("eval", self.trained, "--hellaswag",
                                                                    self.questions).stdout)

    def test_the_score_is_that_of_the_losses_eval_gives(self):
        """Each completion behind its context is a file of tokens: eval's loss of it, less that of the context alone."""
        def loss(tokens):
            path = self.folder / "tokens.bin"
            path.write_bytes(struct.pack(f"<{len(tokens)}H", *tokens))
            facts = json.loads(self.succeeds("eval", self.trained, "--data", path, "--json").stdout)
            self.assertEqual(facts["tokens"], len(tokens) - 1)
            return facts["loss"] * facts["tokens"]

        for context, endings in [([70, 101, 33], [[44], [45, 46, 47], [99, 98], [120, 7, 8, 9]]),
                                 ([300, 20], [[21, 22], [23, 24], [25, 26], [27, 28]])]:
            sums = [loss(context + ending) - loss(context) for ending in endings]
            means = [total / len(ending) for total, ending in zip(sums, endings)]
            for answer in range(4):
                path = self.write(self.folder / "one.bin", [(context, endings, answer)], self.hash)
                facts = json.loads(self.succeeds("eval", self.trained, "--hellaswag", path, "--json").stdout)
                self.assertEqual(facts["hellaswag"]["accuracy"], float(answer == sums.index(min(sums))))
                self.assertEqual(facts["hellaswag"]["accuracy_by_length"], float(answer == means.index(min(means))))

    def test_training_answers_at_its_end(self):
        out = self.folder / "run"
        args = ["--set", f"eval.hellaswag={self.questions}", "--set", f"tokenizer.file={self.trained / 'tokenizer.json'}"]
        done = self.succeeds("train", *FAST, *args, "--set", "train.max_steps=2", "--out", out)
        self.assertIn("HellaSwag: 25.00 % right, 25.00 % by the average token, of 20 questions", done.stderr)
        self.assertIn("hellaswag", json.loads(self.succeeds("eval", out, "--json").stdout))

    def test_questions_of_another_tokenizer_are_refused_before_training(self):
        gpt2 = self.write(self.folder / "gpt2.bin", [([1], [[2], [3], [4], [5]], 0)], 0)
        out = self.folder / "run"
        self.fails(2, "train", *FAST, *QUIET, "--set", f"eval.hellaswag={gpt2}", "--out", out, says=["GPT-2", gpt2])
        self.assertFalse(out.exists())
        self.fails(2, "eval", self.trained, "--hellaswag", self.folder / "none.bin", says=["none.bin"])
        self.fails(2, "eval", self.trained, "--hellaswag", self.trained / "config.toml", says=["llm.c"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
