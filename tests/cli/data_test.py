#!/usr/bin/env python3
"""data_test.py BINARY: prepared data and batches as a user meets them, with the real binary of the preset tiny."""
import array
import contextlib
import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import unittest

BINARY = os.path.abspath(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fixture import CommandTest  # noqa: E402  (found by the line above)

FAST = ["--set", "train.max_steps=4", "--set", "schedule.warmup_steps=0", "--set", "sample.prompts=[]"]
QUIET = ["--set", "log.level=error"]
STORIES = "builtin:stories:60"


def run(*args, **options):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, timeout=300, check=False, **options)


def tree(folder):
    """Every file below a folder with the hash of its content."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def last_line(run_folder):
    return json.loads((run_folder / "metrics.jsonl").read_text().splitlines()[-1])


def state(run_folder, step):
    return json.loads((run_folder / f"checkpoints/step-{step:08}/state.json").read_text())["state"]


class DataTest(CommandTest):
    """`self.data` are prepared stories that tests copy before they change them."""

    run_command = staticmethod(run)

    @classmethod
    def prepare(cls):
        cls.data = cls.shared / "data"
        done = run("data", "prepare", STORIES, "--out", cls.data, "--json")
        assert done.returncode == 0, done.stderr
        cls.description = json.loads(done.stdout)

    def fails(self, code, *args, **options):
        return super().fails(code, *args, after_progress=True, **options)

    def train(self, out, *args, source=None):
        self.succeeds("train", *FAST, *QUIET, "--set", f"data.source={source or self.data}", *args, "--out", out)
        return self.folder / out


class Prepare(DataTest):
    def test_the_folder_says_what_it_holds(self):
        totals = {name: sum(shard["documents"] for shard in self.description[name]) for name in ["train", "validation"]}
        self.assertEqual(sum(totals.values()), 60)
        self.assertGreater(totals["validation"], 0)
        self.assertEqual(json.loads(self.succeeds("data", "info", self.data, "--json").stdout), self.description)
        self.assertIn("builtin:stories:60", self.succeeds("data", "info", self.data).stdout)
        facts = json.loads(self.succeeds("data", "verify", self.data, "--json").stdout)
        self.assertEqual(facts["tokens"], sum(s["tokens"] for n in ["train", "validation"] for s in self.description[n]))
        self.assertIn("intact", self.succeeds("data", "verify", self.data).stdout)

    def test_threads_change_nothing(self):
        self.succeeds("data", "prepare", STORIES, "--threads", "1", "--out", self.folder / "again")
        self.assertEqual(tree(self.folder / "again"), tree(self.data))

    def test_a_tokenizer_that_is_given_is_used(self):
        self.succeeds("data", "prepare", "builtin:stories:5", "--tokenizer", self.data, "--out", self.folder / "few")
        facts = json.loads((self.folder / "few/data.json").read_text())
        self.assertEqual(facts["tokenizer"], self.description["tokenizer"])

    def test_ends_of_a_process_leave_nothing_that_is_taken_for_whole(self):
        out = self.folder / "out"
        for number, code in [(signal.SIGINT, 130), (signal.SIGKILL, -9)]:
            process = subprocess.Popen([BINARY, "data", "prepare", "builtin:stories:300000", "--tokenizer", self.data,
                                        "--out", out], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            while not list(self.folder.glob(".tmp-out/*")):
                self.assertIsNone(process.poll(), "it has ended")
                time.sleep(0.01)
            process.send_signal(number)
            _, stderr = process.communicate(timeout=120)
            self.assertEqual(process.returncode, code, stderr)
            self.assertFalse(out.exists())
            if number == signal.SIGINT:
                self.assertIn("stopped by SIGINT", stderr)
                self.assertFalse((self.folder / ".tmp-out").exists())
        self.succeeds("data", "prepare", STORIES, "--tokenizer", self.data, "--out", out)
        self.assertEqual(tree(out), tree(self.data))

    def test_a_full_disk_leaves_nothing(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        self.fails(1, "data", "prepare", STORIES, "--tokenizer", self.data, "--out", self.folder / "out",
                   says=["cannot prepare the data", "train-00000.shard", "room"], preexec_fn=limit)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_signal_is_heard_while_no_document_has_been_found(self):
        pipe = self.folder / "dump"
        os.mkfifo(pipe)
        process = subprocess.Popen([BINARY, "data", "prepare", pipe, "--tokenizer", self.data, "--out",
                                    self.folder / "out"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

        def write():
            with contextlib.suppress(BrokenPipeError), open(pipe, "w", encoding="utf-8") as out:
                out.write("<mediawiki>")
                while process.poll() is None:
                    out.write("<page><title>Talk</title><ns>1</ns><id>1</id></page>\n" * 1000)
                    time.sleep(0.01)
        writer = threading.Thread(target=write)
        writer.start()
        self.assertRegex(process.stderr.readline(), "Encoding 0/1 files")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        writer.join()
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn("stopped by SIGINT while the data were prepared", stderr)
        self.assertEqual(list(self.folder.iterdir()), [pipe])

    def test_a_pipe_is_read(self):
        pipe, text = self.folder / "pipe", "One day a small dog ran home. " * 600
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_text, args=[text])
        writer.start()
        self.succeeds("data", "prepare", pipe, "--tokenizer", self.data, "--out", self.folder / "out")
        writer.join()
        facts = json.loads((self.folder / "out/data.json").read_text())
        self.assertEqual(sum(s["text_bytes"] for n in ["train", "validation"] for s in facts[n]), len(text))

    def test_a_source_that_changes_or_goes_meanwhile_leaves_nothing(self):
        lines = self.folder / "pipe"
        for change in [lambda path: path.write_text("another text"), pathlib.Path.unlink]:
            text = self.folder / "text.txt"
            text.write_text("One day a small dog ran home. " * 600)
            lines.unlink(missing_ok=True)
            os.mkfifo(lines)
            process = subprocess.Popen([BINARY, "data", "prepare", text, lines, "--tokenizer", self.data, "--out",
                                        self.folder / "out"], stderr=subprocess.PIPE, text=True)
            with open(lines, "w", encoding="utf-8") as pipe:  # returns when the text has been read
                change(text)
                pipe.write("more")
            _, stderr = process.communicate(timeout=60)
            self.assertIn(process.returncode, [1, 2], stderr)
            self.assertRegex(stderr, r"\Aerror: .*(changed while|text\.txt)")
            self.assertFalse(list(self.folder.glob("*out*")))

    def test_a_folder_that_cannot_be_replaced(self):
        (self.folder / "target").mkdir()
        (self.folder / "link").symlink_to("target")
        for out, cwd in [(".", self.folder / "target"), (self.folder / "link", None)]:
            self.fails(2, "data", "prepare", STORIES, "--out", out, says=["cannot replace this folder", "does not exist"],
                       cwd=cwd)
        self.assertEqual(tree(self.folder), {})

    def test_a_folder_that_is_there_stays_as_it_is(self):
        before = tree(self.data)
        self.fails(2, "data", "prepare", STORIES, "--out", self.data, says=["something here already"])
        self.assertEqual(tree(self.data), before)

    def test_what_is_no_folder_of_data(self):
        for command in ["info", "verify"]:
            self.fails(2, "data", command, self.folder, says=["no data.json"])
        self.fails(2, "data", says=["prepare, info, verify, why"])
        self.fails(2, "data", "prepare", self.data, "--out", self.folder / "out", says=["tokens already"])

    def test_a_corrupt_block(self):
        copy = pathlib.Path(shutil.copytree(self.data, self.folder / "copy"))
        shard = copy / "train-00000.shard"
        content = bytearray(shard.read_bytes())
        content[6000] ^= 1
        shard.write_bytes(content)
        for command in [["data", "verify", copy], ["train", *FAST, *QUIET, "--set", f"data.source={copy}", "--out",
                                                   self.folder / "run"]]:
            self.fails(1, *command, says=["block 1 of 1", shard])
        self.assertFalse((self.folder / "run").exists())


class Train(DataTest):
    def test_prepared_data_train_as_their_text_does(self):
        prepared = self.train(self.folder / "prepared")
        text = self.train(self.folder / "text", source=STORIES)
        self.assertEqual(state(prepared, 4)["train_hash"], state(text, 4)["train_hash"])
        self.assertEqual(last_line(prepared)["val_loss"], last_line(text)["val_loss"])
        self.assertFalse((prepared / "cache").exists())
        self.assertEqual(len(list((text / "cache").iterdir())), 1)

    def test_a_resumed_run_uses_its_cache(self):
        out = self.train(self.folder / "run", source=STORIES)
        before = {path: path.stat().st_mtime_ns for path in (out / "cache").rglob("*")}
        done = self.succeeds("train", "--resume", "--set", "train.max_steps=6", "--out", out)
        self.assertNotIn("data: ", done.stderr)
        self.assertEqual({path: path.stat().st_mtime_ns for path in (out / "cache").rglob("*")}, before)

    def test_a_cache_that_is_gone_is_made_again_and_eval_needs_none(self):
        out = self.train(self.folder / "run", source=STORIES)
        loss = last_line(out)["val_loss"]
        shutil.rmtree(out / "cache")
        self.assertEqual(json.loads(self.succeeds("eval", out, "--json").stdout)["loss"], loss)
        self.assertFalse((out / "cache").exists())
        self.succeeds("train", "--resume", *QUIET, "--set", "train.max_steps=5", "--out", out)
        self.assertTrue((out / "cache").exists())

    def test_a_folder_that_is_called_as_the_cache_keeps_what_is_in_it(self):
        mine = self.folder / "run/cache/photos/one"
        mine.parent.mkdir(parents=True)
        mine.write_text("mine")
        old = [self.folder / "run/cache" / name for name in ["0123456789abcdef", ".tmp-0123456789abcdef"]]
        for folder in old:
            folder.mkdir()
        out = self.train(self.folder / "run", source=STORIES)
        self.assertEqual(mine.read_text(), "mine")
        self.assertFalse(any(folder.exists() for folder in old))
        self.assertEqual(len(list((out / "cache").iterdir())), 2)

    def test_a_temporary_folder_is_needed_for_what_the_cache_lacks_alone(self):
        out = self.train(self.folder / "run", source=STORIES)
        nowhere = {**os.environ, "TMPDIR": str(self.folder / "nowhere")}
        self.succeeds("eval", out, env=nowhere)
        self.succeeds("data", "why", out, "--step", "1", env=nowhere)
        shutil.rmtree(out / "cache")
        self.fails(1, "eval", out, says=["cannot create a temporary folder", "TMPDIR"], env=nowhere)

    def test_data_of_another_tokenizer_are_refused(self):
        self.succeeds("data", "prepare", "builtin:stories:9", "--out", self.folder / "other")
        self.fails(2, "train", *FAST, *QUIET, "--set", f"data.source={self.data}", "--set",
                   f"tokenizer.file={self.folder / 'other/tokenizer.json'}", "--out", self.folder / "run",
                   says=["another tokenizer", self.data, "tokenizer.file"])
        self.assertFalse((self.folder / "run").exists())

    def test_the_kind_of_a_tokenizer_that_is_given(self):
        words = self.folder / "words.json"
        self.succeeds("tokenizer", "train", STORIES, "--kind", "word", "--out", words)
        given = ["--set", f"data.source={STORIES}", "--set", f"tokenizer.file={words}"]
        self.fails(2, "train", *FAST, *QUIET, *given, "--set", "tokenizer.kind=char", "--out", self.folder / "run",
                   says=["tokenizer.kind is char", words, "of kind word", "--set tokenizer.kind"])
        self.succeeds("train", *FAST, *QUIET, *given, "--out", self.folder / "run")
        # What the run has written repeats it, although kind is no longer the default.
        self.succeeds("train", self.folder / "run/config.toml", *QUIET, "--out", self.folder / "again")

    def test_workers_and_prefetching_change_nothing(self):
        losses = set()
        for workers, ahead in [(0, 0), (1, 1), (3, 8)]:
            out = self.train(self.folder / str(workers), "--set", f"data.workers={workers}", "--set",
                             f"data.prefetch_batches={ahead}")
            line = last_line(out)
            losses.add((line["loss"], line["val_loss"]))
            self.assertTrue(0 <= line["data_wait"] < 1)
        self.assertEqual(len(losses), 1)
        self.succeeds("train", "--resume", *QUIET, "--set", "train.max_steps=5", "--set", "data.workers=2", "--set",
                      "data.prefetch_batches=3", "--out", out)
        self.fails(2, "train", "--resume", "--set", "data.shuffle=false", "--out", out, says=["cannot change data.shuffle"])

    def test_attention_across_documents_is_another_run(self):
        apart, across = self.train(self.folder / "apart"), self.train(self.folder / "across", "--set",
                                                                      "data.attend_across=true")
        self.assertNotEqual(last_line(apart)["loss"], last_line(across)["loss"])

    def test_padded_rows_report_their_padding_and_resume(self):
        padded = ["--set", "data.packing=padded", "--set", "schedule.decay_steps=6", "--set", "train.micro_batches=3"]
        whole, halves = [self.train(self.folder / name, *padded) for name in ["whole", "halves"]]
        line = last_line(whole)
        self.assertTrue(0 < line["padding"] < 0.5, line)
        self.assertAlmostEqual(line["tokens"], (1 - line["padding"]) * 4 * 3 * 8 * 32, delta=1)
        for out, steps in [(whole, [7]), (halves, [5, 7])]:
            for step in steps:
                self.succeeds("train", "--resume", *QUIET, "--set", f"train.max_steps={step}", "--out", out)
        self.succeeds("data", "why", whole, "--step", "1")
        models = [(out / "checkpoints/step-00000007/model.safetensors").read_bytes() for out in [whole, halves]]
        self.assertEqual(*models)
        self.succeeds("train", "--resume", *QUIET, "--set", "train.max_steps=8", "--set", "train.micro_batches=1", "--out",
                      whole)
        self.fails(2, "data", "why", whole, "--step", "1", says=["train.micro_batches was changed", whole])

    def test_a_mixture_trains_resumes_and_says_what_fed_a_step(self):
        texts = [self.folder / "a.txt", self.folder / "b.txt"]
        texts[0].write_text("One day a small dog ran home. " * 600)
        texts[1].write_text("The old ship went out to the sea again. " * 600)
        sources = json.dumps([*map(str, texts), str(self.data)])
        mixture = ["--set", "data.weights=[1, 2, 1]", "--set", f"tokenizer.file={self.data / 'tokenizer.json'}"]
        out = self.train(self.folder / "run", *mixture, source=sources)
        self.assertEqual(len(list((out / "cache").iterdir())), 2)
        self.succeeds("train", "--resume", *QUIET, "--set", "train.max_steps=6", "--out", out)
        facts = json.loads(self.succeeds("data", "why", out, "--step", "6", "--json").stdout)
        tokens = {}
        for document in facts["documents"]:
            tokens[document["source"]] = tokens.get(document["source"], 0) + document["tokens"]
        self.assertEqual(tokens, {0: 2 * 32, 1: 4 * 32, 2: 2 * 32})
        self.assertIn(str(texts[0]), self.succeeds("data", "why", out, "--step", "1").stdout)
        self.succeeds("data", "why", out, "--step", "7")  # of the step to come
        self.fails(2, "data", "why", out, "--step", "0", says=["--step 0"])
        self.fails(2, "train", *FAST, "--set", f"data.source={sources}", "--set", "data.weights=[1]", "--out",
                   self.folder / "no", says=["data.weights", "3 sources"])

    def test_a_changed_source_of_a_resumed_run_is_refused_and_its_cache_stays(self):
        text = self.folder / "text.txt"
        text.write_text("One day a small dog ran home. " * 600)
        out = self.train(self.folder / "run", source=text)
        before = tree(out)
        text.write_text("One day a small cat ran home. " * 600)
        self.fails(2, "train", "--resume", *QUIET, "--out", out, says=["changed"])
        self.assertEqual(tree(out), before)


class TokenFiles(DataTest):
    def ids(self, below, count=4000):
        return [i * 7919 % below for i in range(count)]

    def nanogpt(self, name, below=500, count=4000):
        path = self.folder / "nano" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(array.array("H", self.ids(below, count)).tobytes())
        return path

    def options(self):
        return ["--set", f"tokenizer.file={self.data / 'tokenizer.json'}"]

    def refused(self, source, *says):
        self.fails(2, "train", *FAST, *QUIET, *self.options(), "--set", f"data.source={source}", "--out",
                   self.folder / "refused", says=says)
        self.assertFalse((self.folder / "refused").exists())

    def test_nanogpts_files_train_and_validate_by_their_names(self):
        self.nanogpt("train.bin")
        self.nanogpt("val.bin", count=301)
        out = self.train(self.folder / "run", *self.options(), source=self.folder / "nano")
        self.assertEqual(json.loads(self.succeeds("eval", out, "--json").stdout)["tokens"], 300)
        why = json.loads(self.succeeds("data", "why", out, "--step", "1", "--json").stdout)
        self.assertTrue(why["documents"][0]["name"].endswith("nano/train.bin"))
        named = self.train(self.folder / "named", *self.options(),
                           source=json.dumps([str(self.folder / "nano" / name) for name in ["train.bin", "val.bin"]]))
        for hashes in ["train_hash", "validation_hash"]:
            self.assertEqual(state(named, 4)[hashes], state(out, 4)[hashes])

    def test_llmcs_shards_train(self):
        ids = self.ids(500)
        for name, magic, version, kind in [("a_train_000001.bin", 20240520, 1, "H"), ("a_val_000000.bin", 20240801, 7, "I")]:
            header = struct.pack("<3i", magic, version, len(ids)).ljust(1024, b"\0")
            (self.folder / name).write_bytes(header + array.array(kind, ids).tobytes())
        out = self.train(self.folder / "run", *self.options(), source=f"{self.folder}/a_*.bin")
        self.assertEqual(json.loads(self.succeeds("eval", out, "--json").stdout)["tokens"], len(ids) - 1)
        (self.folder / "a_train_000001.bin").write_bytes(header + b"\0" * 10)
        self.refused(f"{self.folder}/a_*.bin", "4000 tokens take", "a_train_000001.bin")

    def test_ids_that_do_not_fit_and_files_that_are_none(self):
        self.refused(self.nanogpt("train.bin", below=60000), "does not fit a vocabulary of")
        odd = self.folder / "odd.bin"
        odd.write_bytes(b"odd")
        self.refused(odd, "odd")
        named = self.folder / "x_train_0.bin"
        named.write_bytes(b"\0" * 4096)
        self.refused(named, "20240520")

    def test_tokens_without_a_tokenizer(self):
        self.fails(2, "train", *FAST, *QUIET, "--set", f"data.source={self.nanogpt('train.bin')}", "--out",
                   self.folder / "run", says=["tokenizer.file"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
