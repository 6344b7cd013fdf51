#!/usr/bin/env python3
"""report_test.py BINARY: `report` of runs that the preset tiny really made, drawn by headless Chromium where there is one."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

BINARY = os.path.abspath(sys.argv[1])
FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import browser  # noqa: E402  (found by the line above)
from fixture import CommandTest  # noqa: E402

CHARTS = ["Training loss", "Validation loss", "Bits per byte", "Learning rate", "Gradient norm", "Speed"]
# What is there only where it was measured.
PERHAPS = {"Share of peak", "Waiting for data"}


def run(*args):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, errors="backslashreplace", timeout=120)


class ReportTest(CommandTest):
    """Two runs of six steps, with samples."""

    run_command = staticmethod(run)

    @classmethod
    def prepare(cls):
        for name, lr in (("first", "1e-3"), ("second", "2e-3")):
            done = run("train", "--out", cls.shared / name, "--set", "data.source=builtin:stories:40",
                       "--set", "train.max_steps=6", "--set", "schedule.warmup_steps=0", "--set", f"optimizer.lr={lr}",
                       "--set", "log.every_steps=1", "--set", "eval.every_steps=3", "--set", "sample.max_tokens=8",
                       "--set", "sample.every_steps=3", "--set", "sample.prompts=['<b>Once']", "--set", "log.level=error")
            assert done.returncode == 0, done.stderr

    def page(self, *runs):
        out = self.folder / "page.html"
        done = run("report", *(self.shared / name for name in runs), "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("page.html", done.stdout)
        return out.read_text(encoding="utf-8")

    def data(self, page):
        return json.loads(re.search(r'id="run-data">(.*?)</script>', page, re.DOTALL)[1])

    def test_the_page_holds_what_the_run_logged(self):
        page = self.page("first")
        record, = self.data(page)
        logged = [json.loads(line) for line in (self.shared / "first" / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual(record["columns"]["loss"], [line["loss"] for line in logged])
        self.assertEqual(record["columns"]["val_loss"], [line.get("val_loss") for line in logged])
        self.assertEqual(record["settings"]["optimizer.lr"], "0.001")
        self.assertEqual(record["preset"], "tiny")
        self.assertEqual(record["machine"], json.loads((self.shared / "first" / "machine.json").read_text()))
        self.assertEqual(record["profile"], json.loads((self.shared / "first" / "profile.json").read_text()))
        self.assertEqual(record["config"], (self.shared / "first" / "config.toml").read_text())
        self.assertEqual([sample["step"] for sample in record["samples"]], [3, 6])
        self.assertTrue(all(sample["text"].startswith("<b>Once") for sample in record["samples"]))
        self.assertNotIn("<b>Once", page)  # nothing escapes from where it stands
        self.assertEqual(re.findall(r'<link[^>]*href="(?!data:)|<[^>]* src=|@import|url\(', page), [])

    def test_a_torn_line_is_left_out(self):
        copy = self.folder / "torn"
        shutil.copytree(self.shared / "first", copy)
        with open(copy / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write('{"step": 7, "lo')
        out = self.folder / "page.html"
        self.assertEqual(run("report", copy, "--out", out).returncode, 0)
        self.assertEqual(self.data(out.read_text())[0]["columns"]["step"][-1], 6)

    def test_wrong_use_is_one_line(self):
        empty = self.folder / "empty"
        shutil.copytree(self.shared / "first", empty)
        (empty / "metrics.jsonl").write_text("")
        self.fails(2, "report", says=["RUN"])
        self.fails(2, "report", self.folder / "none", says=["none"])
        self.fails(2, "report", empty, says=["nothing was logged"])
        self.fails(1, "report", self.shared / "first", "--out", self.folder / "none" / "a.html", says=["none"])

    @unittest.skipIf(browser.missing(), f"no browser: {browser.missing()}")
    def test_the_charts_draw_and_hovering_reads_values(self):
        for runs, flags in [(("first",), []), (("first", "second"), ["--window-size=500,900"])]:
            with self.subTest(runs=runs):
                found = browser.look(self.page(*runs), self.folder, *flags)
                self.assertEqual(found["problems"], [])
                titles = [title for title in found["titles"] if title not in PERHAPS]
                self.assertEqual(titles, [*CHARTS, "Time of a step", "Samples", "Configuration"])
                self.assertTrue(all("31,111,235" in colours for colours in found["colours"]), found["colours"])
                self.assertFalse(found["overflow"])
                self.assertTrue(all(found["tips"]), found["tips"])
                loss = self.data(self.page("first"))[0]["columns"]["loss"][0]
                self.assertIn(f"first {loss:.4g}"[:10], found["tips"][0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
