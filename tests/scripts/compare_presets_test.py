#!/usr/bin/env python3
"""compare_presets_test.py [page]: scripts/compare_presets with a build system and presets that only pretend.

With `page`, what --html writes, drawn by headless Chromium; exits with 77, Meson's code for a skipped test, when
Chromium or uPlot's archive is missing."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "compare_presets"
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

import browser  # noqa: E402  (found by the line above)
import uplot  # noqa: E402  (found by the line above)

PAGE_TESTS = sys.argv[1:] == ["page"]

# The build folder's "binaries" are copies of $FAKES/NAME; a preset without one does not compile.
TOOLS = {
    "meson": 'echo "meson $*" >> "$FAKES/calls"\n'
             'for word; do case $word in /*/build) mkdir -p "$word"; touch "$word/build.ninja";; esac; done',
    "ninja": 'echo "ninja $3 ccache-off=${CCACHE_DISABLE:-}" >> "$FAKES/calls"\n'
             'if [ ! -f "$FAKES/$3" ]; then\n'
             '  echo "FAILED: a.o"; echo "a.cpp:3:1: error: no such <thing> & more"; echo "ninja: build stopped."\n'
             '  exit 1\n'
             'fi\n'
             'cp "$FAKES/$3" "$2/$3"; touch "$2/.ninja_log"\n'
             'for made in "100\\t1600\\t0\\tlibmodel-$3.a.p/a.o" "0\\t900\\t0\\t$3" "0\\t7000\\t0\\tsrc/a.o"; do\n'
             '  printf "$made\\tx\\n" >> "$2/.ninja_log"\n'
             'done',
    "strip": 'echo stripped > "$2"',  # -o FILE BINARY
}
PRESET = """#!/bin/sh
echo "$0 $*" >> "$FAKES/calls"
case $1 in
plan) echo '{plan}';;
bench) n=$(grep -c "$0 bench" "$FAKES/calls")
  sed -n "${{n}}p" <<END
{rounds}
END
;;
esac
"""


def step(preset, speed, share):
    return {"machine": {"cpu": "A <CPU>", "cores": 2, "target": "AVX9", "compiler": "g++ 99"},
            "peak": {"f32_gflops": 230.4, "bf16_gflops": 461, "bf16_unit": "dot", "triad_gb_s": 40},
            "step": {"preset": preset, "precision": "bf16", "threads": 2, "share_of_peak": share,
                     "tok_per_s": {"median": speed, "min": speed - 10, "max": speed + 10},
                     "step_ms": 4096e3 / speed, "flops_per_token": 25.4e6}}


class FakeBuild(unittest.TestCase):
    """A folder of its own for each test, with the tools above first in PATH."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="diecast-compare-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.fakes = self.folder / "fakes"
        self.fakes.mkdir()
        for name, text in TOOLS.items():
            self.executable(self.folder / "bin" / name, "#!/bin/sh\n" + text + "\n")

    @staticmethod
    def executable(path, text):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def preset(self, name, speeds, share=0.8, rounds=None):
        """A preset whose benches, one after the other, find these speeds, or print the texts of `rounds`."""
        plan = {"parameters": 4160000, "flops_per_token": 25.4e6, "bytes": {"total": 211 << 20, "saved": 1}}
        rounds = rounds or [json.dumps(step(name, speed, share)) for speed in speeds]
        self.executable(self.fakes / name, PRESET.format(plan=json.dumps(plan), rounds="\n".join(rounds)))

    def compare(self, *args):
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        # Whether ccache is off is what the script decides, not who runs the test.
        ours = {name: value for name, value in os.environ.items() if name != "CCACHE_DISABLE"}
        return subprocess.run([SCRIPT, *map(str, args), "--build", self.folder / "build"], capture_output=True,
                              text=True, timeout=120, check=False,
                              env={**ours, "PATH": path, "FAKES": str(self.fakes)})

    def calls(self, word):
        return [line for line in (self.fakes / "calls").read_text().splitlines() if word in line]

    def row(self, done, preset):
        """The cells of a preset in the printed table."""
        lines = [line for line in done.stdout.splitlines() if line.startswith(preset + " ")]
        self.assertEqual(len(lines), 1, done.stdout)
        return re.split(r" {2,}", lines[0])


class Table(FakeBuild):
    def test_a_row_holds_every_fact_and_the_median_over_the_rounds(self):
        self.preset("quarter", [900, 1000, 5000, 100, 1100])
        done = self.compare("quarter")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], "A <CPU>, 2 cores, AVX9, g++ 99")
        self.assertEqual(re.split(r" {2,}", done.stdout.splitlines()[1]),
                         ["preset", "precision", "parameters", "FLOPs/token", "plan", "tok/s (min-max)", "of peak",
                          "step", "binary", "compile"])
        # 1.5 s for the object and 0.9 s for the link; src/a.o belongs to all presets.
        self.assertEqual(self.row(done, "quarter"),
                         ["quarter", "bf16", "4.16 M", "25.4 M", "211 MiB", "1,000 (90-5,010)", "80.0%",
                          "4,096.0 ms", "9 B", "2.4 s"])

    def test_columns_are_aligned(self):
        self.preset("quarter", [1000] * 5)
        self.preset("gpt2", [100000] * 5)
        lines = self.compare("quarter,gpt2").stdout.splitlines()[1:]
        self.assertEqual(len({len(line) for line in lines}), 1, lines)

    def test_presets_take_turns_in_every_round(self):
        self.preset("quarter", [1000] * 5)
        self.preset("tiny", [1000] * 5)
        self.compare("quarter,tiny", "--threads", "2")
        benches = self.calls(" bench ")
        self.assertEqual([pathlib.Path(line.split()[0]).name for line in benches], ["quarter", "tiny"] * 5)
        self.assertTrue(all(line.endswith(" bench --json --filter ^step$ --threads 2") for line in benches), benches)

    def test_quick_asks_for_quick_rounds_and_compiles_nothing_anew(self):
        self.preset("quarter", [1000] * 2)
        kept = self.folder / "build" / "libmodel-quarter.a.p" / "a.o"
        kept.parent.mkdir(parents=True)
        kept.touch()
        self.assertEqual(self.compare("quarter", "--quick").returncode, 0)
        self.assertEqual([line.endswith("--quick") for line in self.calls(" bench ")], [True] * 2)
        self.assertTrue(kept.is_file())
        self.assertEqual(self.calls("ninja"), ["ninja quarter ccache-off="])

    def test_compile_time_is_of_a_build_past_the_cache(self):
        self.preset("quarter", [1000] * 5)
        old = self.folder / "build" / "libmodel-quarter.a.p" / "a.o"
        old.parent.mkdir(parents=True)
        old.touch()
        shared = self.folder / "build" / "src" / "a.o"
        shared.parent.mkdir()
        shared.touch()
        self.assertEqual(self.compare("quarter").returncode, 0)
        self.assertEqual((old.is_file(), shared.is_file()), (False, True))
        self.assertEqual(self.calls("ninja"), ["ninja quarter ccache-off=1"])

    def test_the_build_folder_is_made_once_for_all_presets(self):
        self.preset("quarter", [1000] * 2)
        self.preset("tiny", [1000] * 2)
        for _ in range(2):
            self.compare("tiny,quarter,tiny", "--quick")
        first, second = self.calls("meson")
        self.assertEqual(first, f"meson setup {self.folder / 'build'} {ROOT} -Dpreset=tiny,quarter")
        self.assertIn("--reconfigure", second)

    def test_json_holds_all_numbers(self):
        self.preset("quarter", [900, 1000])
        self.compare("quarter,tiny", "--quick", "--json", self.folder / "out.json")
        facts = json.loads((self.folder / "out.json").read_text())
        self.assertEqual(facts["machine"]["target"], "AVX9")
        self.assertEqual(facts["peak"]["bf16_gflops"], 461)
        quarter, tiny = facts["presets"]
        self.assertEqual(quarter["tok_per_s"], {"median": 950, "min": 890, "max": 1010})
        self.assertEqual([one["tok_per_s"] for one in quarter["rounds"]], [900, 1000])
        self.assertEqual((quarter["plan_bytes"], quarter["binary_bytes"]), (211 << 20, 9))
        self.assertEqual(sorted(tiny), ["error", "name"])


class Failures(FakeBuild):
    def fails(self, done, preset, *says):
        """Exit code 1; the preset's row tells why, and `quarter` is measured all the same."""
        self.assertEqual(done.returncode, 1, done.stderr)
        name, why = self.row(done, preset)[0], "  ".join(self.row(done, preset)[1:])
        self.assertEqual(name, preset)
        self.assertTrue(why.startswith("failed: "), why)
        for text in says:
            self.assertIn(text, why)
        self.assertEqual(len(self.row(done, "quarter")), 10)

    def compare_with_quarter(self, preset):
        self.preset("quarter", [1000] * 2)
        return self.compare(f"{preset},quarter", "--quick")

    def test_a_preset_that_does_not_compile_is_in_the_table_with_the_first_error(self):
        self.fails(self.compare_with_quarter("tiny"), "tiny", "build: a.cpp:3:1: error: no such <thing>")

    def test_a_bench_that_fails_later_is_in_the_table_and_not_run_again(self):
        self.executable(self.fakes / "tiny", '#!/bin/sh\necho "$0 $*" >> "$FAKES/calls"\n'
                        'case $1 in plan) echo \'{"parameters":1,"flops_per_token":1,"bytes":{"total":1}}\';;\n'
                        'bench) echo "error: too hot" >&2; exit 1;; esac\n')
        self.fails(self.compare_with_quarter("tiny"), "tiny", "bench: error: too hot (exit code 1)")
        self.assertEqual(len(self.calls("tiny bench")), 1)

    def test_a_bench_that_dies_by_a_signal_or_prints_nonsense_is_in_the_table(self):
        no_speed = step("tiny", 1000, 0.5)
        del no_speed["step"]["tok_per_s"]
        for rounds, says in [(["not JSON"], "bench: no JSON"), (["[]"], "bench: its JSON lacks"),
                             ([json.dumps(no_speed)], "tok_per_s"),
                             ([json.dumps(step("tiny", 1000, 0))], "not positive"),
                             ([json.dumps(step("tiny", 1000, "<"))], "none")]:
            with self.subTest(rounds=rounds):
                (self.fakes / "calls").unlink(missing_ok=True)
                self.preset("tiny", [], rounds=rounds)
                self.fails(self.compare_with_quarter("tiny"), "tiny", says)

    def test_when_all_fail_there_is_still_a_table(self):
        done = self.compare("tiny", "--quick")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: build", done.stdout)

    def test_a_build_folder_that_cannot_be_made_ends_it(self):
        self.executable(self.folder / "bin" / "meson", "#!/bin/sh\necho 'a:1:0: ERROR: missing: fmt'\nexit 1\n")
        done = self.compare("tiny")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("ERROR: missing: fmt", done.stderr)


class Usage(FakeBuild):
    def refused(self, *args, says):
        done = self.compare(*args)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertRegex(done.stderr, r"\Aerror: [^\n]+\n\Z")
        self.assertIn(says, done.stderr)
        self.assertFalse((self.fakes / "calls").exists(), "something was started")

    def test_an_unknown_preset_is_one_line_that_names_the_nearest(self):
        self.refused("tiny,qarter", says="no preset 'qarter', presets/, the nearest is quarter")
        self.refused("", says="no preset ''")

    def test_bad_options_are_one_line(self):
        self.refused("tiny", "--threads", "0", says="--threads")
        self.refused("tiny", "--threads", "many", says="--threads")
        self.refused("tiny", "--nonsense", says="--nonsense")
        self.refused(says="PRESET")
        self.refused("tiny", "--html", self.folder / "none" / "a.html", says="none/a.html")

    def test_help_names_every_option(self):
        done = self.compare("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--build", "--html", "--json", "--threads", "--quick"):
            self.assertIn(option, done.stdout)


class Library(unittest.TestCase):
    """How uPlot's archive gets into place, with an npm that only pretends."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="diecast-uplot-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.archive = self.folder / "cache" / uplot.ARCHIVE.name
        self.path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", self.path)

    def npm(self, text):
        FakeBuild.executable(self.folder / "bin" / "npm", "#!/bin/sh\n" + text + "\n")
        os.environ["PATH"] = f"{self.folder / 'bin'}:{self.path}"

    def refuses(self, says):
        with self.assertRaisesRegex(uplot.Unavailable, says):
            uplot.fetch(self.archive)
        self.assertFalse(self.archive.exists())
        self.assertEqual(list(self.archive.parent.iterdir()), [])

    def test_another_archive_than_the_pinned_one_is_not_kept(self):
        self.npm(f"echo tampered > {self.archive.name}")
        self.refuses("SHA-256")

    def test_a_registry_that_is_not_reached_is_an_error_with_npms_words(self):
        self.npm("echo 'npm ERR! network' >&2; exit 1")
        self.refuses("npm ERR! network")

    def test_a_machine_without_npm_is_told_what_to_do(self):
        os.environ["PATH"] = str(self.folder)
        self.refuses("not installed; put uplot-")


class Page(FakeBuild):
    CHARTS = ["Share of peak", "Training speed", "Step time", "Memory plan", "Compile time", "Binary", "Steadiness"]

    def page(self, presets):
        done = self.compare(presets, "--quick", "--html", self.folder / "page.html")
        return done, (self.folder / "page.html").read_text(encoding="utf-8")

    def drawn(self, page, *flags):
        return browser.look(page, self.folder, *flags)

    def test_every_chart_is_drawn_in_both_schemes_without_a_complaint(self):
        self.preset("quarter", [14000, 15000])
        self.preset("gpt2", [430, 440])
        done, page = self.page("quarter,gpt2")
        self.assertEqual(done.returncode, 0, done.stderr)
        for accent, flags in [("31,111,235", []), ("106,165,255", ["--blink-settings=preferredColorScheme=0"])]:
            with self.subTest(accent=accent):
                found = self.drawn(page, *flags)
                self.assertEqual(found["problems"], [])
                self.assertEqual(found["titles"], self.CHARTS)
                self.assertEqual([accent in colours for colours in found["colours"]], [True] * len(self.CHARTS))
                self.assertFalse(found["overflow"])

    def test_a_tooltip_names_the_preset_and_its_value(self):
        self.preset("quarter", [14000, 15000])
        self.preset("gpt2", [430, 440])
        tips = dict(zip(self.CHARTS, self.drawn(self.page("quarter,gpt2")[1])["tips"]))
        self.assertEqual(tips["Training speed"], "quarter14,500 tok/s13,990 to 15,010 tok/s")
        self.assertEqual(tips["Memory plan"], "quarter211 MiB")
        self.assertEqual(tips["Steadiness"], "Round 1quarter \u22123.45 %gpt2 \u22121.15 %")

    def test_what_failed_is_in_the_table_alone_and_nothing_escapes(self):
        self.preset("quarter", [1000] * 2)
        nasty = step("quarter", 1000, 0.8)
        nasty["machine"]["cpu"] = "</script><script>alert(1)</script><!--"
        self.preset("quarter", [], rounds=[json.dumps(nasty)] * 2)
        done, page = self.page("quarter,tiny")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no such &lt;thing&gt; &amp; more", page)
        self.assertNotIn("<script>alert", page)
        found = self.drawn(page)
        self.assertEqual(found["problems"], [])
        self.assertEqual(found["titles"], self.CHARTS)

    def test_a_page_of_failures_has_no_charts_and_no_complaint(self):
        found = self.drawn(self.page("tiny")[1])
        self.assertEqual((found["problems"], found["titles"]), ([], []))

    def test_one_preset_and_a_narrow_window_are_fine(self):
        self.preset("quarter", [14000, 15000])
        found = self.drawn(self.page("quarter")[1], "--window-size=500,900")
        self.assertEqual((found["problems"], found["titles"], found["overflow"]), ([], self.CHARTS, False))

    def test_the_page_asks_no_network_for_anything(self):
        self.preset("quarter", [1000] * 2)
        page = self.page("quarter")[1]
        self.assertEqual(re.findall(r'<link[^>]*href="(?!data:)|<[^>]* src=|@import|url\(', page), [])


if __name__ == "__main__":
    if PAGE_TESTS and (lacking := browser.missing()):
        print(f"SKIPPED: {lacking}; scripts/setup.sh installs what is needed", file=sys.stderr)
        sys.exit(77)
    names = ["Page"] if PAGE_TESTS else ["Table", "Failures", "Usage", "Library"]
    unittest.main(argv=[sys.argv[0], *names])
