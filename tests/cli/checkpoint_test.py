#!/usr/bin/env python3
"""checkpoint_test.py BINARY: what a run keeps and goes on from, whole or damaged, and what `verify` says of it."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)

# One thread: several that spin for one another are slow on a machine that does something else.
FAST = ["--set", "run.threads=1", "--set", "data.source=builtin:stories:40", "--set", "schedule.warmup_steps=0",
        "--set", "log.every_steps=2", "--set", "schedule.decay_steps=40", "--set", "eval.max_batches=2", "--set", "sample.prompts=[]"]


def run(*args, **options):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, errors="backslashreplace",
                          timeout=120, **options)


def lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def results(run_folder):
    """What equal runs have in common of their metrics."""
    return [[line.get(key) for key in ("step", "loss", "grad_norm", "lr", "val_loss")]
            for line in lines(run_folder / "metrics.jsonl")]


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


class CheckpointTest(CommandTest):
    """`self.trained` is a run of twelve steps with checkpoints of steps 4, 8 and 12."""

    run_command = staticmethod(run)

    @classmethod
    def prepare(cls):
        cls.trained = cls.shared / "run"
        done = run("train", *FAST, "--set", "train.max_steps=12", "--set", "checkpoint.every_steps=4", "--set",
                   "checkpoint.keep_last=3", "--out", cls.trained)
        assert done.returncode == 0, done.stderr

    def copy_of_run(self):
        return pathlib.Path(shutil.copytree(self.trained, self.folder / "run"))

    def steps(self, run_folder):
        return [int(path.name[5:]) for path in sorted((run_folder / "checkpoints").glob("step-*"))]

    def start(self, out, *args):
        return subprocess.Popen([BINARY, "train", *FAST, *args, "--out", out], stderr=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, text=True)

    def wait_for(self, process, condition):
        """Until something is there; the run must not end before."""
        while not condition():
            self.assertIsNone(process.poll(), "the run has ended")
            time.sleep(0.01)


class Damage(CheckpointTest):
    def test_training_goes_on_from_the_checkpoint_before_a_damaged_one_and_says_so(self):
        copy = self.copy_of_run()
        flip(copy / "checkpoints/step-00000012/optimizer.safetensors")
        done = self.succeeds("train", "--resume", "--out", copy)
        warning, = re.findall("warning: .*", done.stderr)
        for text in ["damaged", "step-00000012/optimizer.safetensors", "using", "step-00000008"]:
            self.assertIn(text, warning)
        self.assertIn("going on after step 8", done.stderr)
        self.assertEqual(results(copy), results(self.trained))
        self.assertEqual(self.steps(copy), [4, 8, 12])
        for name in ["model.safetensors", "optimizer.safetensors"]:
            self.assertEqual((copy / "checkpoints/step-00000012" / name).read_bytes(),
                             (self.trained / "checkpoints/step-00000012" / name).read_bytes())
        self.assertTrue((copy / "checkpoints/damaged-step-00000012").is_dir())
        self.assertNotIn("warning", self.succeeds("train", "--resume", "--out", copy).stderr)

    def test_a_torn_latest_is_said_and_nothing_is_lost(self):
        for text in ["", "step-0000", "step-00000009\n"]:
            with self.subTest(text):
                copy = self.copy_of_run()
                (copy / "checkpoints/latest").write_text(text)
                done = self.succeeds("train", "--resume", "--out", copy)
                self.assertRegex(done.stderr, "warning: .*checkpoints/latest; using .*step-00000012")
                self.assertEqual((copy / "checkpoints/latest").read_text(), "step-00000012\n")
                shutil.rmtree(copy)

    def test_eval_and_generate_pass_over_a_damaged_checkpoint_and_write_nothing(self):
        copy = self.copy_of_run()
        flip(copy / "checkpoints/step-00000012/model.safetensors")
        before = sorted(copy.rglob("*"))
        done = self.succeeds("eval", copy, "--json")
        self.assertEqual(json.loads(done.stdout)["step"], 8)
        self.assertRegex(done.stderr, r"\Awarning: .*step-00000012.*using .*step-00000008\n\Z")
        self.assertIn("warning: ", self.succeeds("generate", copy, "--prompt", "a", "--max-tokens", 3).stderr)
        self.assertEqual(sorted(copy.rglob("*")), before)
        self.fails(1, "eval", copy, "--checkpoint", 12, says=["damaged", "step-00000012"])

    def test_a_folder_that_is_deleted_while_training_is_made_again(self):
        out = self.folder / "run"
        process = self.start(out, "--set", "train.max_steps=1000000")
        self.wait_for(process, lambda: (out / "metrics.jsonl").is_file() and lines(out / "metrics.jsonl"))
        while out.exists():  # the run writes into it
            shutil.rmtree(out, ignore_errors=True)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        self.assertRegex(stderr, f"warning: the run's folder was deleted and is made again, {out}\n")
        self.assertIn("stopped by SIGTERM", (out / "log.txt").read_text())
        step, = self.steps(out)
        self.succeeds("train", "--resume", "--out", out, "--set", f"train.max_steps={step + 2}")

    def test_a_run_that_was_killed_before_it_had_a_tokenizer_begins_again(self):
        copy = self.copy_of_run()
        for path in [copy / "tokenizer.json", copy / "metrics.jsonl"]:
            path.unlink()
        shutil.rmtree(copy / "checkpoints")
        self.succeeds("train", "--resume", "--out", copy)
        self.assertEqual(results(copy), results(self.trained))

    def test_one_file_that_is_deleted_while_training_is_made_again(self):
        out = self.folder / "run"
        process = self.start(out, "--set", "train.max_steps=1000000", "--set", "checkpoint.every_steps=5")
        self.wait_for(process, lambda: (out / "checkpoints/latest").is_file())
        (out / "config.toml").unlink()
        self.wait_for(process, (out / "config.toml").is_file)
        process.send_signal(signal.SIGTERM)
        self.assertEqual((process.wait(timeout=60), process.stderr.read().count("cannot")), (143, 0))
        process.stderr.close()
        self.succeeds("verify", out)

    def test_limits_in_tokens_are_refused_once_steps_are_of_another_size(self):
        copy = self.copy_of_run()
        before = sorted(copy.rglob("*"))
        for limit in ["max_tokens=100000", "max_epochs=3"]:
            self.fails(2, "train", "--resume", "--out", copy, "--set", "train.micro_batches=2", "--set", f"train.{limit}",
                       says=[f"train.{limit.split('=')[0]} cannot be counted", "train.max_steps"])
        self.assertEqual(sorted(copy.rglob("*")), before)
        self.succeeds("train", "--resume", "--out", copy, "--set", "train.micro_batches=2", "--set", "train.max_steps=14")


class Keeping(CheckpointTest):
    def test_newest_multiples_and_best_are_kept_and_can_be_chosen(self):
        out = self.folder / "run"
        # The rate is so high that the first evaluation is the best.
        self.succeeds("train", *FAST, "--set", "train.max_steps=24", "--set", "eval.every_steps=3", "--set",
                      "optimizer.lr=0.5", "--set", "checkpoint.every_steps=2", "--set", "checkpoint.keep_last=2", "--set",
                      "checkpoint.keep_every=10", "--out", out)
        losses = {line["step"]: line["val_loss"] for line in lines(out / "metrics.jsonl") if "val_loss" in line}
        best = min(losses, key=losses.get)
        self.assertEqual((out / "checkpoints/best").read_text(), f"step-{best:08}\n")
        self.assertEqual(self.steps(out), sorted({best, 10, 20, 22, 24}))
        for which, step in [("best", best), ("latest", 24), ("10", 10)]:
            self.assertEqual(json.loads(self.succeeds("eval", out, "--checkpoint", which, "--json").stdout)["step"], step)
        self.succeeds("generate", out, "--checkpoint", "best", "--prompt", "a", "--max-tokens", 3)
        self.fails(2, "eval", out, "--checkpoint", 11, says=["step 11", "10, 20, 22, 24"])
        self.fails(2, "eval", out, "--checkpoint", "bets", says=["bets", "latest, best or a step"])

    def test_the_last_step_is_compared_on_the_part_that_earlier_ones_were_evaluated_on(self):
        # Only the end of the validation set is unlike everything before.
        noise = "".join(map(chr, random.Random(1).choices(range(33, 126), k=4000)))
        source = self.file("text.txt", "One day a small dog ran home to the sea. " * 2000 + noise)
        out = self.folder / "run"
        self.succeeds("train", *FAST, "--set", f"data.source={source}", "--set", "data.validation_fraction=0.2", "--set",
                      "train.max_steps=40", "--set", "eval.every_steps=20", "--set", "eval.max_batches=1", "--out", out)
        before, last = [line["val_loss"] for line in lines(out / "metrics.jsonl") if "val_loss" in line]
        self.assertGreater(last, before)  # that of the whole set
        self.assertEqual((out / "checkpoints/best").read_text(), "step-00000040\n")

    def test_without_keep_best_there_is_none(self):
        out = self.folder / "run"
        self.succeeds("train", *FAST, "--set", "train.max_steps=4", "--set", "eval.every_steps=1", "--set",
                      "checkpoint.keep_best=false", "--out", out)
        self.assertEqual(self.steps(out), [4])
        self.fails(2, "eval", out, "--checkpoint", "best", says=["best validation loss"])


class Signals(CheckpointTest):
    def test_sigusr1_writes_a_checkpoint_and_the_run_goes_on(self):
        out = self.folder / "run"
        process = self.start(out, "--set", "train.max_steps=1000000")
        self.wait_for(process, lambda: (out / "metrics.jsonl").is_file() and lines(out / "metrics.jsonl"))
        process.send_signal(signal.SIGUSR1)
        self.wait_for(process, lambda: "as asked for" in (out / "log.txt").read_text())
        asked, = self.steps(out)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        self.assertRegex(stderr, f"checkpoint {out}/checkpoints/step-{asked:08}, as asked for\n")
        self.assertGreater(self.steps(out)[-1], asked)

    def test_a_run_stopped_while_it_evaluates_or_samples_equals_one_left_alone(self):
        alone = self.folder / "alone"
        # Most of the time goes into evaluations and samples.
        slow = ["--set", "eval.max_batches=0", "--set", "eval.every_steps=3", "--set", "sample.every_steps=4", "--set",
                "sample.prompts=['One day', 'A dog']", "--set", "sample.max_tokens=100", "--set", "train.max_steps=12"]
        self.succeeds("train", *FAST, *slow, "--out", alone)
        out = self.folder / "run"
        process = self.start(out, *slow)
        stops = 0
        for number in range(200):
            logged = out / "log.txt"
            self.wait_or_end(process, lambda: logged.is_file() and logged.read_text().count("threads\n") > number)
            time.sleep(0.01 * (number % 7))
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, 130, stderr)
            stops += 1
            process = subprocess.Popen([BINARY, "train", "--resume", "--out", out], stderr=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, text=True)
            if number == 8:
                self.assertEqual(process.wait(timeout=60), 0)
                break
        process.stderr.close()
        self.assertGreater(stops, 0)
        self.assertEqual(results(out), results(alone))
        self.assertEqual(lines(out / "samples.jsonl"), lines(alone / "samples.jsonl"))
        self.assertEqual((out / "checkpoints/best").read_text(), (alone / "checkpoints/best").read_text())

    def test_a_run_that_had_ended_has_each_last_sample_once_after_a_resume(self):
        out = self.folder / "run"
        self.succeeds("train", *FAST, "--set", "train.max_steps=2", "--set", "sample.prompts=['One day', 'A dog']",
                      "--set", "sample.max_tokens=8", "--out", out)
        samples = lines(out / "samples.jsonl")
        self.assertEqual([line["prompt"] for line in samples], ["One day", "A dog"])
        # As a signal between the two leaves it.
        (out / "samples.jsonl").write_text(json.dumps(samples[0]) + "\n")
        for _ in range(2):
            self.succeeds("train", "--resume", "--out", out)
            self.assertEqual(lines(out / "samples.jsonl"), samples)

    def wait_or_end(self, process, condition):
        while process.poll() is None and not condition():
            time.sleep(0.002)

    def test_a_signal_during_the_start_ends_it_in_a_line_and_leaves_nothing(self):
        text = self.file("long.txt", "One day a small dog ran home to its house by the sea. " * 60000)
        for number in (signal.SIGINT, signal.SIGTERM):
            out = self.folder / "run"
            process = self.start(out, "--set", f"data.source={text}", "--set", "train.max_steps=1")
            self.wait_for(process, out.exists)
            process.send_signal(number)
            _, stderr = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 128 + number, stderr)
            self.assertRegex(stderr, f"stopped by {number.name} .*\n\\Z")
            self.assertFalse(out.exists())


class Verify(CheckpointTest):
    def test_whole_checkpoints(self):
        done = self.succeeds("verify", self.trained)
        self.assertEqual(done.stdout.splitlines(), [f"step-{step:08}  whole" for step in (4, 8, 12)])
        facts = json.loads(self.succeeds("verify", self.trained, "--json").stdout)
        self.assertEqual(facts, {"checkpoints": [{"step": step, "whole": True} for step in (4, 8, 12)],
                                 "latest": 12, "best": 12})

    def test_damaged_checkpoints_are_named_and_fail(self):
        copy = self.copy_of_run()
        flip(copy / "checkpoints/step-00000004/model.safetensors")
        (copy / "checkpoints/step-00000012/state.json").unlink()
        done = self.fails(1, "verify", copy, says=["2 of 3 checkpoints"])
        self.assertRegex(done.stdout, "step-00000004  .*damaged.*model.safetensors\nstep-00000008  whole\n"
                                      "step-00000012  .*state.json\n")
        facts = json.loads(self.fails(1, "verify", copy, "--json").stdout)
        self.assertEqual([checkpoint["whole"] for checkpoint in facts["checkpoints"]], [False, True, False])

    def test_a_run_without_checkpoints(self):
        copy = self.copy_of_run()
        shutil.rmtree(copy / "checkpoints")
        self.fails(2, "verify", copy, says=["no checkpoint"])
        self.fails(2, "verify", self.folder / "none", says=["no run"])


class Replay(CheckpointTest):
    def test_steps_run_again_are_the_same_and_nothing_is_written(self):
        before = {path: path.stat().st_mtime_ns for path in self.trained.rglob("*")}
        for steps, logged, checkpoint in [("4..8", 2, True), ("8..11", 1, False), ("4..12", 4, True)]:
            with self.subTest(steps):
                done = self.succeeds("verify", self.trained, "--replay", steps)
                self.assertIn(f"{logged} logged steps{' and the checkpoint' if checkpoint else ''} are the same", done.stdout)
                self.assertEqual(done.stderr, "")
        facts = json.loads(self.succeeds("verify", self.trained, "--replay", "6..12", "--json").stdout)
        self.assertEqual(facts["replay"], {"from": 4, "to": 12, "logged_steps": 3, "compared_checkpoint": True,
                                           "difference": None})
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.trained.rglob("*")}, before)

    def test_without_a_checkpoint_of_the_first_step_it_goes_on_from_one_before_and_says_so(self):
        for steps, start in [("6..8", 4), ("2..4", 0)]:
            done = self.succeeds("verify", self.trained, "--replay", steps)
            self.assertRegex(done.stderr, f"\\Awarning: there is no checkpoint of step {steps[0]}: going on from step {start}\n\\Z")

    def test_the_first_step_that_differs_is_named(self):
        copy = self.copy_of_run()
        metrics = copy / "metrics.jsonl"
        text = metrics.read_text()
        for step, key in [(6, "loss"), (8, "grad_norm"), (10, "lr")]:
            changed = [json.loads(line) for line in text.splitlines()]
            for line in changed:
                if line["step"] == step:
                    line[key] *= 1 + 2**-52
            metrics.write_text("".join(json.dumps(line) + "\n" for line in changed))
            done = self.fails(1, "verify", copy, "--replay", "4..12", "--json", says=[f"step {step} differs", key])
            self.assertEqual(json.loads(done.stdout)["replay"]["difference"]["step"], step)
        metrics.write_text("")
        other = self.folder / "other"
        self.succeeds("train", self.trained / "config.toml", "--set", "optimizer.weight_decay=0.2", "--out", other)
        shutil.copytree(other / "checkpoints/step-00000012", copy / "checkpoints/step-00000012", dirs_exist_ok=True)
        self.fails(1, "verify", copy, "--replay", "8..12", says=["step 12 differs", "checkpoint"])

    def test_steps_that_the_run_has_not_made(self):
        for steps in ["12..4", "4..4", "4-8", "a..b", "4..", "..8", "-4..8"]:
            self.fails(2, "verify", self.trained, f"--replay={steps}", says=["--replay", "100..200"])
        self.fails(2, "verify", self.trained, "--replay", "12..14", says=["recorded nothing"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
