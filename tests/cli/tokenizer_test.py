#!/usr/bin/env python3
"""tokenizer_test.py BINARY: the tokenizer command, with the real binary of the preset tiny."""
import json
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

STORIES = "builtin:stories:200"
TEXT = "Once upon a time, there was a Fox.\n\n\"It's mine!\" said Ben.  \t The end\r\nÜber 日本 😀 e\u0301\n"
KINDS = ["bpe", "word", "char", "byte"]


def run(*args, stdin=b"", **options):
    return subprocess.run([BINARY, "tokenizer", *map(str, args)], input=stdin, capture_output=True, timeout=120, **options)


class TokenizerTest(CommandTest):
    """`self.trained` has a tokenizer of each kind, learnt from stories, that tests only read."""

    run_command = staticmethod(run)

    @classmethod
    def prepare(cls):
        cls.trained = {kind: cls.shared / f"{kind}.json" for kind in KINDS}
        for kind, path in cls.trained.items():
            done = run("train", STORIES, "--kind", kind, "--vocab-size", 1000, "--out", path)
            assert done.returncode == 0, done.stderr

    def facts(self, *args):
        return json.loads(self.succeeds("info", *args, "--json").stdout)

    def round_trip(self, kind, content, *options):
        ids = self.succeeds("encode", "--tokenizer", self.trained[kind], *options, stdin=content).stdout
        self.assertRegex(ids, rb"\A[\d \n]*\Z")
        return self.succeeds("decode", "--tokenizer", self.trained[kind], *options, stdin=ids).stdout


class Use(TokenizerTest):
    def test_byte_level_kinds_give_back_any_bytes(self):
        for content in [TEXT.encode(), bytes(range(256)) * 3, b"", b"\n", b"no newline", b"<|endoftext|>"]:
            for kind in ["bpe", "byte"]:
                with self.subTest(kind, content=content):
                    self.assertEqual(self.round_trip(kind, content), content)

    def test_words_come_back_in_lower_case_with_spaces(self):
        self.assertEqual(self.round_trip("word", b"Once upon a TIME,\nthere was"), b"once upon a time there was")
        self.assertEqual(self.round_trip("word", b"once xyzzy"), b"once <unk>")

    def test_characters_come_back_if_they_were_seen(self):
        self.assertEqual(self.round_trip("char", b"Once upon\n"), b"Once upon\n")
        self.assertEqual(self.round_trip("char", "a日\n".encode()), b"a<unk>\n")

    def test_a_long_text_has_the_ids_of_the_whole(self):
        texts = {"words": TEXT.encode() * 50_000, "one piece": b"a" * 2_500_000, "spaces": b" \n" * 1_500_000 + b"end"}
        for name, content in texts.items():
            with self.subTest(name):
                text = self.file("text.txt", content)
                ids = self.succeeds("encode", "--tokenizer", self.trained["bpe"], text).stdout
                self.assertEqual(len(ids.split()), self.facts(self.trained["bpe"], "--text", text)["text"]["tokens"])
                self.assertRegex(ids, rb"\A\d+( \d+)*\n\Z")
                self.assertEqual(self.succeeds("decode", "--tokenizer", self.trained["bpe"], stdin=ids).stdout, content)
        dots = self.succeeds("encode", "--json", "--tokenizer", self.trained["word"], stdin=b". " * 1_000_000 + b"the the")
        self.assertEqual(len(json.loads(dots.stdout)["ids"]), 2)

    def test_lines_are_texts_of_their_own(self):
        content = b"".join(b"line %d of many\n\n" % i for i in range(5000))
        self.assertEqual(self.round_trip("bpe", content, "--lines"), content)
        once = self.succeeds("encode", "--tokenizer", self.trained["bpe"], "--lines", stdin=content).stdout
        for threads in [1, 3]:
            again = self.succeeds("encode", "--tokenizer", self.trained["bpe"], "--lines", "--threads", threads,
                                  self.file("lines.txt", content)).stdout
            self.assertEqual(again, once)

    def test_json_has_the_same_ids(self):
        encode = ["encode", "--tokenizer", self.trained["bpe"]]
        plain = self.succeeds(*encode, stdin=TEXT.encode()).stdout
        facts = json.loads(self.succeeds(*encode, "--json", stdin=TEXT.encode()).stdout)
        self.assertEqual(facts, {"ids": [int(word) for word in plain.split()]})
        lines = self.succeeds(*encode, "--lines", stdin=TEXT.encode()).stdout.decode().splitlines()
        facts = json.loads(self.succeeds(*encode, "--lines", "--json", stdin=TEXT.encode()).stdout)
        self.assertEqual(facts, {"lines": [[int(word) for word in line.split()] for line in lines]})
        self.assertEqual(json.loads(self.succeeds(*encode, "--lines", "--json").stdout), {"lines": []})

    def test_info_says_what_a_tokenizer_is(self):
        expected = {"bpe": (1000, True, 0), "word": (1000, False, 3), "byte": (257, True, 256)}
        for kind, (entries, lossless, end) in expected.items():
            facts = self.facts(self.trained[kind])
            self.assertEqual((facts["kind"], facts["entries"], facts["lossless"], facts["end_of_text"]),
                             (kind, entries, lossless, end))
            self.assertRegex(facts["hash"], r"\A[0-9a-f]{16}\Z")
            self.assertEqual(facts["fits_preset"], entries <= facts["preset_vocab_size"])
        self.assertLess(self.facts(self.trained["char"])["entries"], 100)

    def test_info_measures_a_text(self):
        text = self.file("text.txt", "once upon a xyzzy\n")
        self.assertEqual(self.facts(self.trained["byte"], "--text", text)["text"],
                         {"bytes": 18, "tokens": 18, "bytes_per_token": 1.0})
        self.assertEqual(self.facts(self.trained["word"], "--text", text)["text"],
                         {"bytes": 18, "tokens": 4, "bytes_per_token": 4.5, "unknown": 1})
        self.assertIn(b"25.000% unknown", self.succeeds("info", self.trained["word"], "--text", text).stdout)

    def test_a_run_stands_for_its_tokenizer(self):
        shutil.copy(self.trained["bpe"], self.folder / "tokenizer.json")
        self.assertEqual(self.facts(self.folder)["hash"], self.facts(self.trained["bpe"])["hash"])
        self.assertEqual(self.succeeds("encode", "--tokenizer", self.folder, stdin=b"the").stdout,
                         self.succeeds("encode", "--tokenizer", self.trained["bpe"], stdin=b"the").stdout)

    def test_help_of_every_command(self):
        self.assertIn(b"Usage: tiny tokenizer", self.succeeds("--help").stdout)
        for command in ["train", "encode", "decode", "info", "import"]:
            self.assertIn(b"Usage: tiny tokenizer " + command.encode(), self.succeeds(command, "--help").stdout)


class Train(TokenizerTest):
    def test_any_number_of_threads_learns_the_same(self):
        for kind in KINDS:
            with self.subTest(kind):
                path = self.folder / f"{kind}.json"
                self.succeeds("train", STORIES, "--kind", kind, "--vocab-size", 1000, "--threads", 3, "--out", path)
                self.assertEqual(path.read_bytes(), self.trained[kind].read_bytes())

    def test_text_from_files_and_folders(self):
        texts = self.folder / "texts"
        (texts / "below").mkdir(parents=True)
        (texts / "one.txt").write_text("apple apple pear\n")
        (texts / "below/two.txt").write_text("pear apple plum\n")
        (texts / "three.log").write_text("log log log log\n")
        out = self.folder / "t.json"
        self.succeeds("train", texts, "--pattern", "*.txt", "--kind", "word", "--out", out)
        vocabulary = json.loads(out.read_text())["model"]["vocab"]
        self.assertEqual(sorted(vocabulary, key=vocabulary.get)[4:], ["apple", "pear", "plum"])
        self.succeeds("train", texts / "one.txt", texts / "three.log", "--kind", "word", "--min-frequency", 2, "--out", out)
        vocabulary = json.loads(out.read_text())["model"]["vocab"]
        self.assertEqual(sorted(vocabulary, key=vocabulary.get)[4:], ["log", "apple"])

    def test_jsonl_with_a_field_of_its_own(self):
        lines = self.file("a.jsonl", "".join(json.dumps({"body": f"word{i % 3} all", "text": "no"}) + "\n" for i in range(9)))
        out = self.folder / "t.json"
        self.succeeds("train", lines, "--text-field", "body", "--kind", "word", "--out", out)
        vocabulary = json.loads(out.read_text())["model"]["vocab"]
        self.assertEqual(sorted(vocabulary, key=vocabulary.get)[4:], ["all", "word0", "word1", "word2"])

    def test_what_a_run_would_set_decides_the_vocabulary_too(self):
        lines = self.file("a.txt", "one two\n--\nthree\n")
        out = self.folder / "t.json"
        options = ["--set", "data.split=separator", "--set", "data.separator=three", "--set", "tokenizer.kind=word"]
        self.succeeds("train", lines, *options, "--out", out)
        vocabulary = json.loads(out.read_text())["model"]["vocab"]
        self.assertEqual(sorted(vocabulary, key=vocabulary.get)[4:], ["one", "two"])
        self.succeeds("train", lines, *options, "--kind", "char", "--out", out)
        self.assertEqual(self.facts(out)["kind"], "char")
        self.fails(2, "train", lines, "--set", "data.splt=file", "--out", out, says=["data.splt", "data.split"])

    def test_json_is_one_object_and_nothing_else(self):
        done = self.succeeds("train", STORIES, "--vocab-size", 300, "--json", "--out", self.folder / "t.json")
        self.assertEqual(json.loads(done.stdout), self.facts(self.folder / "t.json"))
        self.assertEqual(done.stderr, b"")

    def test_a_pipe_gets_a_line_for_every_hundred_files(self):
        texts = self.folder / "texts"
        texts.mkdir()
        for i in range(450):
            (texts / f"{i}.txt").write_text(f"file number {i}\n")
        stderr = self.succeeds("train", texts, "--out", self.folder / "t.json").stderr.decode()
        lines = re.findall(r"^Counting (\d+)/450 files \([\d.]+%\) \| \d+ MB/s \| ETA \d:\d\d:\d\d$", stderr, re.M)
        self.assertGreaterEqual(len(lines), 5, stderr)
        self.assertEqual(lines[-1], "450")
        for before, after in zip(lines, lines[1:]):
            self.assertLessEqual(int(after) - int(before), 200)
        self.assertNotRegex(stderr, r"[\x1b\r]")

    def test_a_terminal_gets_a_bar(self):
        text = self.stderr_on_a_terminal(BINARY, "tokenizer", "train", STORIES, "--out", self.folder / "t.json")
        self.assertRegex(text, "\rCounting \\[[█░]+\\] [^\r\n]*MB/s[^\r\n]*\x1b\\[K")

    def test_a_memory_limit_drops_rare_pieces_and_says_so(self):
        text = self.file("text.txt", "".join(f"w{i} common " for i in range(400_000)))
        out = self.folder / "t.json"
        hashes = set()
        for threads in [1, 3]:
            done = self.succeeds("train", text, "--kind", "word", "--vocab-size", 500, "--memory", "2M", "--threads",
                                 threads, "--out", out)
            self.assertIn(b"for want of memory", done.stderr)
            hashes.add(self.facts(out)["hash"])
        self.assertEqual(len(hashes), 1)
        self.assertEqual(json.loads(out.read_text())["model"]["vocab"]["common"], 4)

    def test_signals_stop_it_and_nothing_is_written(self):
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
            with self.subTest(number):
                out = self.folder / "t.json"
                process = subprocess.Popen([BINARY, "tokenizer", "train", "builtin:stories:10000000", "--out", out],
                                           stderr=subprocess.PIPE, text=True)
                self.assertIn("learning", process.stderr.readline())
                time.sleep(0.3)
                process.send_signal(number)
                _, stderr = process.communicate(timeout=60)
                self.assertEqual(process.returncode, code)
                self.assertRegex(stderr, rf"stopped by {number.name} after \d+( of \d+)? files; nothing was written\n\Z")
                self.assertEqual(list(self.folder.iterdir()), [])


class Import(TokenizerTest):
    def gpt2_files(self):
        """The two files of GPT-2's format, of the BPE tokenizer that was trained."""
        model = json.loads(self.trained["bpe"].read_text())["model"]
        vocab = self.file("vocab.json", json.dumps(model["vocab"]))
        merges = self.file("merges.txt", "#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in model["merges"]))
        return vocab, merges

    def test_gpt2s_files_become_the_tokenizer_they_describe(self):
        vocab, merges = self.gpt2_files()
        out = self.folder / "t.json"
        self.succeeds("import", "--vocab", vocab, "--merges", merges, "--out", out)
        self.assertEqual(self.facts(out), self.facts(self.trained["bpe"]))
        encoded = [self.succeeds("encode", "--tokenizer", path, stdin=TEXT.encode()).stdout
                   for path in [out, self.trained["bpe"]]]
        self.assertEqual(*encoded)

    def test_files_that_do_not_fit_each_other(self):
        vocab, merges = self.gpt2_files()
        out = self.folder / "t.json"
        merges.write_text(merges.read_text() + "q q\n")
        number = len(merges.read_text().splitlines())
        self.fails(2, "import", "--vocab", vocab, "--merges", merges, "--out", out, says=[f"merges.txt:{number}", '"qq"'])
        self.fails(2, "import", "--vocab", merges, "--merges", vocab, "--out", out, says=["merges.txt", "parse error"])
        self.fails(2, "import", "--vocab", vocab, "--merges", self.folder / "none", "--out", out, says=["none"])
        self.assertFalse(out.exists())


class BadInput(TokenizerTest):
    def test_mistyped_words_name_the_nearest(self):
        self.fails(2, "trian", says=["there is no command trian", "train"])
        self.fails(2, "train", STORIES, "--otu", "x", says=["--otu", "--out", "tiny tokenizer train"])
        self.fails(2, "train", STORIES, "--kind", "bpee", "--out", "x", says=["bpee", "nearest is bpe"])
        self.fails(2, says=["train, encode, decode, info, import"])

    def test_incomplete_arguments(self):
        self.fails(2, "train", STORIES, says=["--out"])
        self.fails(2, "train", "--out", self.folder / "t.json", says=["INPUT"])
        self.fails(2, "encode", says=["--tokenizer"])
        self.fails(2, "info", says=["FILE|RUN"])
        self.fails(2, "import", "--vocab", "a", "--out", "b", says=["--merges"])

    def test_sizes_out_of_range(self):
        out = self.folder / "t.json"
        self.fails(2, "train", STORIES, "--vocab-size", 256, "--out", out, says=["256", "at least 257"])
        self.fails(2, "train", STORIES, "--vocab-size", "many", "--out", out, says=["many"])
        for memory in ["0", "5X", "-1", "1.5G"]:
            self.fails(2, "train", STORIES, "--memory=" + memory, "--out", out, says=["--memory", "500M"])
        self.assertFalse(out.exists())

    def test_a_place_that_cannot_be_written_is_said_before_anything_is_read(self):
        os.mkfifo(self.folder / "pipe")
        for out in [self.folder, self.folder / "none/t.json", "/proc/t.json", "", "t/", "/dev/null", self.folder / "pipe"]:
            self.fails(2, "train", STORIES, "--out", out, says=["--out", out])

    def test_text_that_is_not_there_or_has_nothing_to_learn(self):
        out = self.folder / "t.json"
        self.fails(2, "train", self.folder / "none.txt", "--out", out, says=["none.txt"])
        self.assertNotEqual(run("train", self.file("dots.txt", "... ...\n"), "--kind", "word", "--out", out).returncode, 0)
        self.assertFalse(out.exists())

    def test_want_of_memory_is_not_called_damage(self):
        frame = self.file("a.zst", b"\x28\xB5\x2F\xFD\x00\xA8" + b"\x29\0\0" + b"hello")  # a window of 2 GiB
        train = ["train", frame, "--threads", 1, "--json", "--out", self.folder / "t.json"]
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        self.fails(1, *train, says=["out of memory"], preexec_fn=limit)
        self.succeeds(*train)

    def test_a_tokenizer_that_is_none(self):
        for content, says in [("", "parse error"), ("{}", "/model/type"), ('{"model":{"type":"Unigram"}}', "/model/type")]:
            path = self.file("t.json", content)
            self.fails(2, "info", path, says=["t.json", says])
            self.fails(2, "encode", "--tokenizer", path, says=["t.json", says])
        self.fails(2, "info", self.folder / "none.json", says=["none.json"])
        self.fails(2, "info", self.shared, says=[self.shared / "tokenizer.json"])

    def test_text_that_cannot_be_read(self):
        encode = ["encode", "--tokenizer", self.trained["bpe"]]
        self.fails(2, *encode, self.folder / "none.txt", says=["none.txt"])
        for options in [[], ["--lines"]]:
            self.fails(2, *encode, *options, self.folder, says=[self.folder])
        self.fails(2, "info", self.trained["bpe"], "--text", self.folder / "none.txt", says=["none.txt"])

    def test_ids_that_are_none(self):
        decode = ["decode", "--tokenizer", self.trained["bpe"]]
        for ids, says in [(b"1 2\n3 x\n", ":2"), (b"1000", '"1000" is no token id'), (b"-1", '"-1"'), (b"1,2", '"1,2"'),
                          (b"99999999999999999999", ":1")]:
            self.fails(2, *decode, stdin=ids, says=[says, "ids from 0 to 999"])
        self.fails(2, *decode, self.folder / "none.txt", says=["none.txt"])

    def test_output_that_nobody_reads(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([BINARY, "tokenizer", "encode", "--lines", "--tokenizer", self.trained["byte"]],
                              input=b"some line\n" * 100_000, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rb"\Aerror: [^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
