#!/usr/bin/env python3
"""cli_test.py BINARY: what a user meets, with the real binary of the preset tiny: the main job and every bad input."""
import hashlib
import json
import math
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)

FAST = ["--set", "data.source=builtin:stories:40", "--set", "train.max_steps=4", "--set", "schedule.warmup_steps=0",
        "--set", "sample.max_tokens=8"]
QUIET = ["--set", "log.level=error"]


def run(*args, env=None, **options):
    # An untrained model writes any bytes, also such as are not UTF-8.
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, errors="backslashreplace",
                          timeout=120, env={**os.environ, **(env or {})}, **options)


def tree(folder):
    """Every file below a folder with the hash of its content."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


class CliTest(CommandTest):
    """`self.trained` is a run of four steps that tests copy."""

    run_command = staticmethod(run)

    @classmethod
    def prepare(cls):
        cls.trained = cls.shared / "run"
        done = run("train", *FAST, "--out", cls.trained)
        assert done.returncode == 0, done.stderr

    def copy_of_run(self):
        return pathlib.Path(shutil.copytree(self.trained, self.folder / "run"))

    def wait_for_a_line(self, process, out):
        """Until the run has written metrics; it must not end before."""
        while not (out / "metrics.jsonl").is_file() or not (out / "metrics.jsonl").read_text():
            self.assertIsNone(process.poll(), "the run has ended")
            time.sleep(0.02)


class MainJob(CliTest):
    def test_a_run_leaves_every_file_of_the_contract(self):
        for name in ["config.toml", "metrics.jsonl", "tokenizer.json", "log.txt", "checkpoints/latest",
                     "checkpoints/step-00000004/model.safetensors", "checkpoints/step-00000004/optimizer.safetensors",
                     "checkpoints/step-00000004/state.json"]:
            self.assertTrue((self.trained / name).is_file(), name)

    def test_metrics_have_the_keys_of_the_contract_and_the_last_line_the_validation_loss(self):
        *_, last = lines(self.trained / "metrics.jsonl")
        self.assertEqual(list(last), ["step", "tokens", "epoch", "loss", "lr", "grad_norm", "tok_per_s", "mfu",
                                      "step_ms", "wall_s", "data_wait", "val_loss", "val_ppl", "bits_per_byte"])
        self.assertEqual((last["step"], last["tokens"]), (4, 4 * 8 * 32))

    def test_samples_go_to_stdout_and_everything_else_to_stderr(self):
        done = self.succeeds("train", *FAST, "--set", 'sample.prompts=["Once upon"]', "--out", self.folder / "run")
        self.assertTrue(done.stdout.startswith("Once upon"))
        self.assertNotIn("Training", done.stdout)
        self.assertRegex(done.stderr, r"Training 4/4 \(100\.0%\) \| Loss: [\d.]+ \| \d+ tok/s \| Batch: 8 \| "
                                      r"\d+% of peak \| ETA 0:00:00 \| data wait [\d.]+%\n")

    def test_a_pipe_gets_no_escapes(self):
        done = self.succeeds("train", *FAST, "--out", self.folder / "run")
        self.assertNotRegex(done.stdout + done.stderr, r"[\x1b\r]")

    def test_a_terminal_gets_one_line_redrawn_in_place(self):
        text = self.stderr_on_a_terminal(BINARY, "train", *FAST, "--out", self.folder / "run")
        self.assertRegex(text, "\rTraining \\[█+\\] 4/4 \\(100.0%\\)[^\r\n]*\x1b\\[K")

    def test_without_out_runs_are_numbered(self):
        for number in [1, 2]:
            self.succeeds("train", *FAST, cwd=self.folder)
            self.assertTrue((self.folder / f"runs/tiny-{number}/config.toml").is_file())

    def test_config_toml_repeats_the_run_bit_for_bit(self):
        self.succeeds("train", self.trained / "config.toml", "--out", self.folder / "again")
        model = "checkpoints/step-00000004/model.safetensors"
        self.assertEqual((self.folder / "again" / model).read_bytes(), (self.trained / model).read_bytes())

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        whole, halves = self.folder / "whole", self.folder / "halves"
        common = [*FAST, "--set", "schedule.decay_steps=6", "--set", "train.micro_batches=2", "--set",
                  "log.every_steps=1"]
        self.succeeds("train", *common, "--set", "train.max_steps=6", "--out", whole)
        self.succeeds("train", *common, "--set", "train.max_steps=3", "--out", halves)
        self.succeeds("train", "--resume", "--set", "train.max_steps=6", "--out", halves)
        for name in ["model.safetensors", "optimizer.safetensors"]:
            self.assertEqual((whole / "checkpoints/step-00000006" / name).read_bytes(),
                             (halves / "checkpoints/step-00000006" / name).read_bytes())
        losses = [[(m["step"], m["loss"]) for m in lines(run / "metrics.jsonl")] for run in [whole, halves]]
        self.assertEqual(*losses)

    def test_label_smoothing_and_z_loss_are_in_the_training_loss_and_not_in_the_validation_loss(self):
        plain, both = self.folder / "plain", self.folder / "both"
        common = [*FAST, "--set", "train.max_steps=1", "--set", "optimizer.lr=1e-30", "--set", "schedule.min_lr=0"]
        self.succeeds("train", *common, "--out", plain)
        self.succeeds("train", *common, "--set", "train.label_smoothing=0.1", "--set", "train.z_loss=0.5", "--out", both)
        without, with_them = lines(plain / "metrics.jsonl")[-1], lines(both / "metrics.jsonl")[-1]
        # At first logits are near 0, so that the softmax's sum is the number of tokens.
        self.assertAlmostEqual(with_them["loss"] - without["loss"], 0.5 * math.log(500) ** 2, delta=0.5)
        self.assertEqual(with_them["val_loss"], without["val_loss"])

    def test_resume_drops_the_metrics_that_it_repeats(self):
        copy = self.copy_of_run()
        with open(copy / "metrics.jsonl", "a") as file:
            file.write('{"step":"x"}\n{"step":5,"loss":9}\n{"step":6,"lo')
        self.succeeds("train", "--resume", "--set", "train.max_steps=6", "--out", copy)
        self.assertEqual([m["step"] for m in lines(copy / "metrics.jsonl")], [4, 6])

    def test_resume_leaves_the_tokenizer_as_it_is(self):
        file = self.copy_of_run() / "tokenizer.json"
        text = json.dumps(json.loads(file.read_text()), indent=3)
        file.write_text(text)
        self.succeeds("train", "--resume", "--set", "train.max_steps=5", "--out", file.parent)
        self.assertEqual(file.read_text(), text)

    def test_the_first_limit_ends_the_run(self):
        for limit, steps in [("max_tokens=300", 2), ("max_epochs=0.01", 1), ("max_minutes=0.00001", 1)]:
            with self.subTest(limit):
                out = self.folder / limit
                self.succeeds("train", *FAST, "--set", "train." + limit, "--out", out)
                self.assertEqual(lines(out / "metrics.jsonl")[-1]["step"], steps)

    def test_signals_end_the_run_with_a_checkpoint_to_resume_from(self):
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]:
            with self.subTest(number):
                out = self.folder / str(code)
                process = subprocess.Popen([BINARY, "train", *FAST, "--set", "train.max_steps=1000000", "--set",
                                            "log.every_steps=1", "--out", out], stderr=subprocess.PIPE, text=True)
                self.wait_for_a_line(process, out)
                process.send_signal(number)
                _, stderr = process.communicate(timeout=60)
                self.assertEqual(process.returncode, code)
                step = int(re.search(r"after step (\d+); checkpoint \S+/step-\d+; go on with: tiny train --out "
                                     + re.escape(f"{out} --resume"), stderr).group(1))
                self.succeeds("train", "--resume", "--out", out, "--set", f"train.max_steps={step + 1}")
                self.assertEqual(lines(out / "metrics.jsonl")[-1]["step"], step + 1)

    def test_a_hangup_that_was_ignored_from_the_start_stays_so(self):
        out = self.folder / "run"
        process = subprocess.Popen([BINARY, "train", *FAST, *QUIET, "--set", "train.max_steps=300", "--set",
                                    "log.every_steps=1", "--out", out],
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_a_line(process, out)
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(timeout=60), 0)

    def test_a_finished_run_that_was_not_evaluated_is_so_by_resume(self):
        copy = self.copy_of_run()
        metrics = copy / "metrics.jsonl"
        whole = metrics.read_bytes()
        *_, last = lines(metrics)
        for key in ["val_loss", "val_ppl", "bits_per_byte"]:
            del last[key]
        for text in [json.dumps(last) + "\n", ""]:
            metrics.write_text(text)
            self.succeeds("train", "--resume", "--out", copy)
            self.assertEqual([m["step"] for m in lines(metrics)], [4])
            self.assertEqual(lines(metrics)[0]["val_loss"], json.loads(whole)["val_loss"])
            self.assertEqual(lines(metrics)[0]["loss"], last["loss"] if text else None)

    def test_a_run_limited_by_time_ends_with_an_evaluation(self):
        for number in range(3):
            out = self.folder / str(number)
            done = self.succeeds("train", *FAST, "--set", "train.max_steps=0", "--set", "schedule.name=constant",
                                 "--set", f"train.max_minutes={0.0005 * (number + 1)}", "--set",
                                 "checkpoint.every_steps=1", "--out", out)
            self.assertIn("validation loss", done.stderr)
            self.assertIn("val_loss", lines(out / "metrics.jsonl")[-1])

    def test_eval_prints_the_training_runs_validation_loss(self):
        facts = json.loads(self.succeeds("eval", self.trained, "--json").stdout)
        last = lines(self.trained / "metrics.jsonl")[-1]
        self.assertEqual(facts["loss"], last["val_loss"])
        self.assertEqual(facts["bits_per_byte"], last["bits_per_byte"])
        self.assertIn("perplexity", self.succeeds("eval", self.trained).stdout)

    def test_eval_takes_another_text(self):
        text = self.file("other.txt", "A short text that is its own document.\n")
        facts = json.loads(self.succeeds("eval", self.trained, "--data", text, "--json").stdout)
        self.assertLess(facts["tokens"], 40)
        self.assertGreater(facts["perplexity"], 1)

    def test_generate_continues_the_prompt_and_depends_on_the_seed_alone(self):
        def text(*args):
            return self.succeeds("generate", self.trained, "--prompt", "One day", "--max-tokens", 80, *args).stdout
        self.assertTrue(text().startswith("One day"))
        self.assertEqual(text("--seed", 7), text("--seed", 7))
        self.assertNotEqual(text("--seed", 7), text("--seed", 8))
        self.assertEqual(text("--temperature", 0), text("--temperature", 0, "--seed", 9))
        self.assertEqual(text("--top-k", 1), text("--temperature", 0))

    def test_help_and_version(self):
        for command in [[], ["train"], ["eval"], ["generate"], ["plan"]]:
            self.assertIn("Usage: tiny", self.succeeds(*command, "--help").stdout)
        self.assertIn("DIECAST_MEMORY", self.succeeds("--help").stdout)
        self.assertIn("optimizer.lr", self.succeeds("train", "--help").stdout)
        self.assertRegex(self.succeeds("--version").stdout, r"^tiny \(Diecast [\d.]+\), target \w+, \S+ \d")


class BadUsage(CliTest):
    def test_mistyped_words_name_the_nearest(self):
        self.fails(2, "trian", says=["trian", "train"])
        self.fails(2, "train", "--otu", "x", says=["--otu", "--out"])
        self.fails(2, "train", "--set", "train.max_step=3", says=["train.max_step", "train.max_steps"])

    def test_incomplete_and_surplus_arguments(self):
        self.fails(2, says=["train, eval, generate"])
        self.fails(2, "train", "--set")
        self.fails(2, "eval", self.trained, "surplus", says=["surplus"])
        self.fails(2, "generate", self.trained, says=["--prompt"])
        self.fails(2, "generate", self.trained, "--prompt", "a", "--top-p", "3", says=["--top-p", "0 to 1"])
        self.fails(2, "generate", self.trained, "--prompt", "a", "--top-k", "-1", says=["--top-k"])
        self.fails(2, "train", "--resume", says=["--out"])

    def test_a_target_that_this_machine_lacks(self):
        self.fails(2, "train", *FAST, "--out", self.folder / "run", env={"DIECAST_TARGET": "VAX"}, says=["VAX", "SSE2"])

    def test_output_that_cannot_be_written(self):
        for command in [["plan"], ["plan", "--json"], ["generate", self.trained, "--prompt", "a", "--max-tokens", "2"]]:
            with self.subTest(command), open("/dev/full", "w") as full:
                done = subprocess.run([BINARY, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"error: [^\n]+\n\Z")


    def test_a_stderr_that_cannot_be_written_changes_nothing(self):
        for shell, code in [('"$0" bogus 2>/dev/full', 2), ('"$0" bogus 2>&-', 2),
                            ('"$0" train "$@" --out full 2>/dev/full', 0), ('"$0" train "$@" --out closed 2>&-', 0)]:
            with self.subTest(shell):
                done = subprocess.run(["sh", "-c", shell, BINARY, *FAST], cwd=self.folder, stdout=subprocess.DEVNULL)
                self.assertEqual(done.returncode, code)
        for name in ["full", "closed"]:
            self.assertEqual(lines(self.folder / name / "metrics.jsonl")[-1]["step"], 4)

    def test_a_pipe_that_nobody_reads(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([BINARY, "plan"], stdout=writer, stderr=subprocess.PIPE, text=True)
        os.close(writer)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Aerror: [^\n]+\n\Z")


class BadConfiguration(CliTest):
    def refused(self, text, *says):
        config = self.file("run.toml", text)
        self.fails(2, "train", config, "--out", self.folder / "run", says=says)
        self.assertFalse((self.folder / "run").exists())

    def test_an_unknown_key_names_the_nearest(self):
        self.refused("[optimizer]\nbeta3 = 0.9\n", "optimizer.beta3", "run.toml:2:1", "optimizer.beta")

    def test_a_wrong_type(self):
        self.refused("[optimizer]\nlr = 'high'\n", "optimizer.lr", "a number", "a string", "run.toml:2:6", "as in lr = ")

    def test_a_value_out_of_range(self):
        self.refused("[data]\nvalidation_fraction = 1.5\n", "0 to 1", "run.toml:2:23")
        self.refused("[train]\nmax_epochs = 1e300\n", "train.max_epochs", "run.toml:2:14")

    def test_text_that_is_no_toml(self):
        self.refused("[train\n", "run.toml:1:7", "correct")

    def test_a_contradiction_of_the_preset(self):
        self.refused("[model]\nd_model = 512\n", "512", "64", "run.toml:2:11", "delete the key")
        self.refused("[model]\nd_model = 512\nname = 'quarter'\n", "model.name", "run.toml:3:8",
                     "use the binary quarter")

    def test_a_configuration_that_is_not_there(self):
        self.fails(2, "train", self.folder / "none.toml", says=["none.toml"])


class BadData(CliTest):
    def refused(self, source, *says):
        self.fails(2, "train", *FAST, *QUIET, "--set", f"data.source={source}", "--out", self.folder / "run", says=says)
        self.assertFalse((self.folder / "run").exists())

    def test_a_missing_corpus(self):
        self.refused(self.folder / "none.txt", "none.txt")

    def test_an_empty_corpus(self):
        self.refused(self.file("empty.txt", ""), "empty")

    def test_a_folder_without_texts(self):
        (self.folder / "texts").mkdir()
        self.refused(self.folder / "texts", "texts", "no file in the folder")

    def test_a_corpus_shorter_than_one_window(self):
        self.refused(self.file("short.txt", "Too short."), "sequence")

    def test_a_start_that_fails_uses_up_no_number(self):
        text = self.file("short.txt", "Too short.")
        self.fails(2, "train", *FAST, *QUIET, "--set", f"data.source={text}", cwd=self.folder)
        self.assertEqual(list((self.folder / "runs").iterdir()), [])

    def test_a_file_that_is_not_utf8_is_said_once_and_trains(self):
        source = self.file("latin1.txt", "Caf\xe9 au lait, s'il vous pla\xeet. ".encode("latin-1") * 400)
        done = self.succeeds("train", *FAST, "--set", f"data.source={source}", "--out", self.folder / "run")
        self.assertEqual(len(re.findall("UTF-8", done.stderr)), 1)
        self.assertIn("UTF-8", (self.folder / "run/log.txt").read_text())


class BadRunFolder(CliTest):
    def unchanged(self, run_folder, code, *args, says=(), **options):
        before = tree(run_folder)
        self.fails(code, *args, says=says, **options)
        self.assertEqual(tree(run_folder), before)

    def test_a_folder_that_holds_a_run_is_not_written_over(self):
        copy = self.copy_of_run()
        self.unchanged(copy, 2, "train", *FAST, *QUIET, "--out", copy, says=["--resume"])

    def test_a_folder_that_cannot_be_written(self):
        file = self.file("file", "I am no folder")
        for out in [file / "run", "/proc/run"]:
            self.fails(2, "train", *FAST, *QUIET, "--out", out, says=[out, "--out"])
        self.assertEqual(file.read_text(), "I am no folder")

    def test_a_folder_without_a_run(self):
        for command in [["eval"], ["generate", "--prompt", "a"], ["train", "--resume", "--out"]]:
            self.fails(2, *command, self.folder, says=[self.folder])

    def test_a_run_of_another_preset(self):
        copy = self.copy_of_run()
        config = copy / "config.toml"
        config.write_text(config.read_text().replace("d_model = 64", "d_model = 256"))
        for command in [["eval", copy], ["generate", copy, "--prompt", "a"], ["train", "--resume", "--out", copy]]:
            self.unchanged(copy, 2, *command, says=["d_model", "256", "64"])

    def test_a_truncated_checkpoint(self):
        for name in ["model.safetensors", "optimizer.safetensors", "state.json"]:
            with self.subTest(name):
                copy = self.copy_of_run()
                path = copy / "checkpoints/step-00000004" / name
                path.write_bytes(path.read_bytes()[:-10])
                self.unchanged(copy, 1, "train", "--resume", "--out", copy, says=[name])
                if name != "optimizer.safetensors":  # which only training needs
                    self.unchanged(copy, 1, "eval", copy, says=[name])
                shutil.rmtree(copy)

    def test_a_flipped_bit_in_a_checkpoint(self):
        for name in ["model.safetensors", "optimizer.safetensors", "state.json"]:
            with self.subTest(name):
                copy = self.copy_of_run()
                path = copy / "checkpoints/step-00000004" / name
                content = bytearray(path.read_bytes())
                content[len(content) // 2] ^= 1
                path.write_bytes(content)
                self.unchanged(copy, 1, "train", "--resume", "--out", copy, says=[name])
                if name != "optimizer.safetensors":
                    self.unchanged(copy, 1, "generate", copy, "--prompt", "a", says=[name])
                shutil.rmtree(copy)

    def test_another_tokenizer(self):
        copy = self.copy_of_run()
        self.succeeds("train", *FAST, "--set", "data.source=builtin:stories:20", "--out", self.folder / "other")
        shutil.copy(self.folder / "other/tokenizer.json", copy)
        self.unchanged(copy, 2, "eval", copy, says=["tokenizer.json"])

    def test_a_text_that_has_changed_since_the_checkpoint(self):
        text = self.file("text.txt", "One day a small dog ran home. " * 400)
        out = self.folder / "text-run"
        self.succeeds("train", *FAST, "--set", f"data.source={text}", "--out", out)
        text.write_text(text.read_text()[:-40])
        self.unchanged(out, 2, "train", "--resume", *QUIET, "--out", out, says=["changed"])
        self.unchanged(out, 2, "eval", out, says=["changed"])

    def test_resume_does_not_change_what_the_data_depend_on(self):
        copy = self.copy_of_run()
        self.unchanged(copy, 2, "train", "--resume", "--out", copy, "--set", "run.seed=5", says=["run.seed"])
        self.unchanged(copy, 2, "train", self.file("c.toml", ""), "--resume", "--out", copy, says=["c.toml"])


class Trouble(CliTest):
    """What goes wrong on the way; checkpoints that were complete stay so."""

    def steps(self, run_folder):
        return sorted(path.name for path in (run_folder / "checkpoints").glob("step-*"))

    def train_until_failure(self, out, *args, code=1, says=(), **options):
        self.fails(code, "train", *FAST, *QUIET, "--set", "train.max_steps=50", "--set", "checkpoint.every_steps=1", "--set",
                   "checkpoint.keep_last=0", "--out", out, *args, says=says, **options)

    def test_not_enough_memory(self):
        self.fails(1, "train", *FAST, "--out", self.folder / "run", env={"DIECAST_MEMORY": "1000000"},
                   says=["memory", "MiB", "976.6 KiB"])
        self.assertFalse((self.folder / "run").exists())

    def test_a_loss_that_is_not_finite(self):
        out = self.folder / "run"
        self.train_until_failure(out, "--set", "optimizer.lr=1e30", code=3, says=["not finite"])
        self.assertEqual(self.steps(out), [])

    def test_a_diverged_model_does_not_replace_a_good_checkpoint(self):
        copy = self.copy_of_run()
        before = tree(copy / "checkpoints")
        self.fails(3, "train", "--resume", *QUIET, "--set", "optimizer.lr=1e30", "--set", "train.max_steps=5", "--set",
                   "schedule.name=constant", "--out", copy, says=["not finite"])
        self.assertEqual(tree(copy / "checkpoints"), before)

    def test_a_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting a small file system is not permitted")
        try:
            self.train_until_failure(disk / "run", says=["free"])
            self.assertGreaterEqual(len(self.steps(disk / "run")), 1)
            self.succeeds("eval", disk / "run")
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_metrics_and_log_that_cannot_be_written_end_nothing(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))  # the largest file of a checkpoint fits
        copy = self.copy_of_run()
        line = (copy / "metrics.jsonl").read_text().splitlines()[-1] + "\n"
        text = line * (1_500_000 // len(line) + 1)
        for name in ["metrics.jsonl", "log.txt"]:
            (copy / name).write_text(text)
        done = self.succeeds("train", "--resume", "--set", "train.max_steps=8", "--set", "log.every_steps=1", "--out",
                             copy, preexec_fn=limit)
        self.assertEqual(len(re.findall("warning: ", done.stderr)), 2, done.stderr)
        self.assertEqual((copy / "metrics.jsonl").read_text(), text)
        self.assertIn("step-00000008", self.steps(copy))

    def test_a_file_that_may_not_grow(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        out = self.folder / "run"
        self.train_until_failure(out, says=["model.safetensors"], preexec_fn=limit)
        self.assertEqual(self.steps(out), [])
        self.assertEqual([path.name for path in (out / "checkpoints").iterdir()], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
