"""Builds presets and measures them side by side. Nothing here prints a result; see table.py and page.py."""
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from compile_budget import seconds_by_output


class Failure(Exception):
    """One preset could not be built or measured: the step, and what was said. The others go on."""


def gist(text):
    """The line that says what is wrong: the first that names an error, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error:" in line.lower()), lines[-1] if lines else "it said nothing")


def run(command, step, **options):
    """What the command prints on stdout. Raises Failure with the gist of its complaint."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                              check=False, **options)
    except OSError as error:
        raise Failure(f"{step}: {command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        complaint = done.stderr if done.stderr.strip() else done.stdout
        raise Failure(f"{step}: {gist(complaint)} (exit code {done.returncode})")
    return done.stdout


def run_json(command, step):
    text = run(command, step)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure(f"{step}: no JSON on stdout, {error}") from error


# ---- build

def configure(root, build, presets):
    """A build folder of these presets; one that exists keeps its other options."""
    again = ["--reconfigure"] if (build / "build.ninja").is_file() else []
    run(["meson", "setup", *again, build, root, "-Dpreset=" + ",".join(presets)], "meson setup")


def is_own_output(output, preset):
    """Whether ninja's output is the preset's, and not shared by all presets."""
    return (output in (preset, f"lib{preset}.a", f"libmodel-{preset}.a", f"embedded-{preset}.cpp") or
            output.startswith((f"libmodel-{preset}.a.p/", f"{preset}.p/")))


def build_preset(build, preset, afresh):
    """Builds the preset's binary; `afresh` compiles its own objects anew, past any ccache. Returns its path."""
    environment = dict(os.environ)
    if afresh:
        environment["CCACHE_DISABLE"] = "1"
        for own in (f"libmodel-{preset}.a.p", f"{preset}.p"):
            for compiled in (build / own).glob("*.o"):
                compiled.unlink()
    run(["ninja", "-C", build, preset], "build", env=environment)
    return build / preset


def compile_seconds(build, preset):
    """What the preset's own outputs took when they were last made, summed over the jobs of ninja."""
    times = seconds_by_output(build / ".ninja_log")
    return sum(seconds for output, seconds in times.items() if is_own_output(output, preset))


def stripped_bytes(binary):
    """The binary's size without its debug information."""
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / binary.name
        run(["strip", "-o", stripped, binary], "strip")
        return stripped.stat().st_size


# ---- measure

def bench(binary, threads, quick):
    """One round: the `step` of `bench --json`, with the machine and its peak beside it."""
    options = [*(["--threads", threads] if threads else []), *(["--quick"] if quick else [])]
    report = run_json([binary, "bench", "--json", "--filter", "^step$", *options], "bench")
    try:
        step = report["step"]
        speed = step["tok_per_s"]
        numbers = [step[key] for key in ("share_of_peak", "step_ms", "flops_per_token")]
        numbers += [speed[key] for key in ("median", "min", "max")]
        if not all(isinstance(number, (int, float)) and number > 0 for number in numbers):
            raise Failure("bench: a number of its step is none, or not positive")
        return {"step": step, "machine": report["machine"], "peak": report["peak"]}
    except (KeyError, TypeError) as error:
        raise Failure(f"bench: its JSON lacks {error}") from error


def plan(binary):
    report = run_json([binary, "plan", "--json"], "plan")
    try:
        return {"parameters": report["parameters"], "flops_per_token": report["flops_per_token"],
                "plan_bytes": report["bytes"]["total"]}
    except (KeyError, TypeError) as error:
        raise Failure(f"plan: its JSON lacks {error}") from error


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def over_rounds(rounds):
    """Medians of the rounds' medians; of the speed also the extremes of all rounds."""
    steps = [one["step"] for one in rounds]
    speeds = [step["tok_per_s"] for step in steps]
    return {"precision": steps[-1].get("precision", ""), "threads": steps[-1].get("threads"),
            "tok_per_s": {"median": statistics.median(speed["median"] for speed in speeds),
                          "min": min(speed["min"] for speed in speeds),
                          "max": max(speed["max"] for speed in speeds)},
            "share_of_peak": spread([step["share_of_peak"] for step in steps]),
            "step_ms": spread([step["step_ms"] for step in steps]),
            "rounds": [{"tok_per_s": step["tok_per_s"]["median"], "step_ms": step["step_ms"],
                        "share_of_peak": step["share_of_peak"]} for step in steps]}


class Comparison:
    """The presets by name, each a dict of facts; "error" in it says why there are no more."""

    def __init__(self, presets, build, threads=None, quick=False, say=lambda text: None):
        self.facts = {preset: {"name": preset} for preset in presets}
        self.machine = self.peak = None
        self._build, self._threads, self._quick, self._say = build, threads, quick, say

    @property
    def failed(self):
        return any("error" in facts for facts in self.facts.values())

    def _healthy(self):
        return [name for name, facts in self.facts.items() if "error" not in facts]

    def _attempt(self, preset, work):
        try:
            work(preset)
        except Failure as failure:
            self.facts[preset]["error"] = str(failure)
            self._say(f"{preset}: {failure}")

    def build(self):
        for preset in self._healthy():
            self._say(f"building {preset}")
            self._attempt(preset, self._build_one)

    def _build_one(self, preset):
        binary = build_preset(self._build, preset, afresh=not self._quick)
        self.facts[preset].update(compile_seconds=compile_seconds(self._build, preset),
                                  binary_bytes=stripped_bytes(binary), **plan(binary))

    def measure(self, rounds):
        """Every preset once in each round, so that noise hits all alike."""
        measured = {preset: [] for preset in self.facts}

        def one(preset):
            result = bench(self._build / preset, self._threads, self._quick)
            self.machine, self.peak = result["machine"], result["peak"]
            measured[preset].append(result)

        for number in range(1, rounds + 1):
            for preset in self._healthy():
                self._say(f"round {number} of {rounds}: {preset}")
                self._attempt(preset, one)
        for preset in self._healthy():
            self.facts[preset].update(over_rounds(measured[preset]))

    def as_json(self):
        return {"machine": self.machine, "peak": self.peak, "presets": list(self.facts.values())}
