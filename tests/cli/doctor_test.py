#!/usr/bin/env python3
"""doctor_test.py BINARY: `doctor` on this machine, with the real binary of the preset tiny."""
import json
import os
import pty
import re
import subprocess
import sys
import unittest

BINARY = os.path.abspath(sys.argv[1])
NAMES = ["build", "target", "avx-512", "bf16", "amx", "log", "memory", "huge pages", "cpus", "cores", "load",
         "frequency", "disk", "self-test"]


def environment(**changes):
    kept = {name: value for name, value in os.environ.items()
            if name not in ("DIECAST_TARGET", "DIECAST_MEMORY", "NO_COLOR", "TERM")}
    return {**kept, **changes}


def doctor(*args, **changes):
    return subprocess.run([BINARY, "doctor", *args], capture_output=True, text=True, timeout=120,
                          env=environment(**changes))


def checks(done):
    """The lines of --json by their names."""
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def on_a_terminal(**changes):
    """What `doctor` writes to a terminal."""
    main, side = pty.openpty()
    with subprocess.Popen([BINARY, "doctor"], stdout=side, stdin=subprocess.DEVNULL, env=environment(**changes)):
        os.close(side)
        text = b""
        try:
            while piece := os.read(main, 65536):
                text += piece
        except OSError:  # how Linux says that the other side is closed
            pass
    os.close(main)
    return text.decode()


class Doctor(unittest.TestCase):
    def test_json_is_one_object_that_holds_the_contract(self):
        done = doctor("--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        facts = json.loads(done.stdout)
        self.assertEqual(list(facts), ["machine", "checks", "ok"])
        self.assertEqual(list(facts["machine"]), ["cpu", "cores", "threads", "target", "compiler"])
        self.assertGreaterEqual(facts["machine"]["threads"], 1)
        self.assertIs(facts["ok"], True)
        self.assertEqual([check["name"] for check in facts["checks"]], NAMES)
        for check in facts["checks"]:
            self.assertEqual(list(check), ["name", "status", "detail", "remedy"])
            self.assertTrue(check["detail"])
            self.assertEqual(check["status"] == "ok", check["remedy"] == "", check)

    def test_the_kernels_of_this_machine_agree(self):
        check = checks(doctor("--json"))["self-test"]
        if check["status"] == "warn":  # a machine that has SSE2 alone
            self.assertIn("nothing to compare", check["detail"])
        else:
            self.assertEqual(check["status"], "ok")
            self.assertRegex(check["detail"], r"gradients of \w+ and SSE2: \S+ apart at most \(\S+\)")

    def test_text_has_a_line_for_every_check_and_a_remedy_for_every_warning(self):
        done = doctor(DIECAST_TARGET="SSE2")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        found = [match for line in lines if (match := re.match(r"(ok|warn|fail) +(.*?)  +\S", line))]
        self.assertEqual([match[2] for match in found], NAMES)
        self.assertEqual(sum(line.startswith(" ") for line in lines), sum(match[1] != "ok" for match in found))
        self.assertNotIn("\x1b", done.stdout)

    def test_a_forced_target_is_told_and_how_to_undo_it(self):
        default, forced = checks(doctor("--json")), checks(doctor("--json", DIECAST_TARGET="SSE2"))
        self.assertEqual(default["target"]["status"], "ok")
        if default["target"]["detail"] == "SSE2, of SSE2":
            self.skipTest("this machine has SSE2 alone")
        self.assertEqual(forced["target"]["status"], "warn")
        self.assertIn("unset DIECAST_TARGET", forced["target"]["remedy"])
        self.assertEqual(forced["avx-512"]["status"], "warn")
        self.assertEqual(forced["self-test"]["status"], "ok")

    def test_a_plan_that_does_not_fit_fails_and_the_self_test_is_skipped(self):
        done = doctor("--json", DIECAST_MEMORY="1000000")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIs(json.loads(done.stdout)["ok"], False)
        self.assertEqual(checks(done)["memory"]["status"], "fail")
        self.assertIn("batch_size", checks(done)["memory"]["remedy"])
        self.assertEqual(checks(done)["self-test"]["status"], "warn")

    def test_fewer_cpus_than_the_machine_has_is_told(self):
        usable = sorted(os.sched_getaffinity(0))
        if os.cpu_count() == 1:
            self.skipTest("this machine has one CPU")
        os.sched_setaffinity(0, usable[:1])
        self.addCleanup(os.sched_setaffinity, 0, usable)
        check = checks(doctor("--json"))["cpus"]
        self.assertEqual(check["status"], "warn")
        self.assertIn(f"1 of {os.cpu_count()}", check["detail"])

    def test_colour_is_for_terminals_only_and_never_under_no_color(self):
        self.assertIn("\x1b[32mok", on_a_terminal(TERM="xterm"))
        self.assertNotIn("\x1b", on_a_terminal(TERM="xterm", NO_COLOR="1"))
        self.assertNotIn("\x1b", on_a_terminal(TERM="dumb"))

    def test_an_unknown_target_is_a_usage_error(self):
        done = doctor(DIECAST_TARGET="AVX9")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Aerror: [^\n]*AVX9[^\n]*DIECAST_TARGET[^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
