#!/usr/bin/env python3
"""kill_test.py BINARY [KILLS]: a run under random signals, damaged checkpoints and full disks ends as one left alone."""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BINARY = os.path.abspath(sys.argv[1])
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
SEED = int(os.environ.get("KILL_TEST_SEED", random.randrange(10**6)))
# Of an epoch's 140 steps; steps that are logged are not those that are evaluated.
SETTINGS = {"data.source": "builtin:stories:60", "train.max_steps": 10**6, "schedule.warmup_steps": 0,
            "schedule.decay_steps": 2000, "schedule.min_lr": "1e-4", "log.every_steps": 2, "eval.every_steps": 5,
            "eval.max_batches": 3, "sample.every_steps": 9, "sample.prompts": "['One day', 'The dog']",
            "sample.max_tokens": 12, "checkpoint.every_steps": 4, "checkpoint.keep_last": 3, "checkpoint.keep_every": 60}
FILES = ["model.safetensors", "optimizer.safetensors", "state.json"]


def check(condition, *what):
    if not condition:
        raise SystemExit(f"failed (KILL_TEST_SEED={SEED}): " + " ".join(map(str, what)))


def settings(changes):
    return [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]


def lines(path):
    """The whole lines of a file of JSON objects; a run that was killed may have left half a line at its end."""
    text = path.read_text(errors="replace") if path.exists() else ""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def last_step(run):
    return max([line["step"] for line in lines(run / "metrics.jsonl")], default=0)


def start(run, changes, **options):
    """Goes on with the run, or begins it if it has not come so far that there is one."""
    if (run / "config.toml").exists():
        command = ["--resume", *settings(changes)]
    else:
        command = settings({**SETTINGS, **changes})
    return subprocess.Popen([BINARY, "train", "--out", run, *command], stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, errors="replace", **options)


def verified(run, damaged):
    """Steps of the run's whole checkpoints: all but those that were damaged and are not made again."""
    if not any((run / "checkpoints").glob("step-*")):
        return []
    done = subprocess.run([BINARY, "verify", run, "--json"], capture_output=True, text=True, timeout=60)
    check(done.stdout, "verify:", done.stderr)
    checkpoints = json.loads(done.stdout)["checkpoints"]
    lost = {checkpoint["step"] for checkpoint in checkpoints if not checkpoint["whole"]}
    check(lost <= damaged and done.returncode == (1 if lost else 0), "verify:", done.stderr, done.stdout)
    return [checkpoint["step"] for checkpoint in checkpoints if checkpoint["whole"]]


def damage(run, steps):
    """Changes the newest checkpoint, or what names it; returns the steps that are still whole."""
    checkpoint = run / f"checkpoints/step-{steps[-1]:08}"
    kind = random.choice(["flip", "truncate", "remove", "latest", "no latest"])
    path = run / "checkpoints/latest" if "latest" in kind else checkpoint / random.choice(FILES)
    content = bytearray(path.read_bytes()) if path.exists() else bytearray()
    if kind == "flip":
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(content)
    elif kind in ("truncate", "latest"):
        path.write_bytes(content[:random.randrange(max(1, len(content)))])
    else:
        path.unlink(missing_ok=True)
    return steps if "latest" in kind else steps[:-1]


def wait_for_a_moment(process, run):
    """Any moment of the start, or one after some steps."""
    if random.random() < 0.25:
        time.sleep(random.uniform(0, 0.5))
        return
    goal = last_step(run) + random.randint(1, 30)
    until = time.monotonic() + 30
    while process.poll() is None and last_step(run) < goal and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.02))


def kill(run):
    """One session, from its start to its end by a signal."""
    small_disk = random.random() < 0.15
    # Room for what is rewritten when a session begins; none for the moments of a checkpoint, which take a megabyte.
    metrics = run / "metrics.jsonl"
    room = 300_000 + (metrics.stat().st_size if metrics.exists() else 0)
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))} if small_disk else {}
    process = start(run, {"run.threads": random.choice([1, 2, 3])}, **limits)
    wait_for_a_moment(process, run)
    number = random.choice([signal.SIGKILL] * 4 + [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
    process.send_signal(number)
    if number == signal.SIGUSR1:
        time.sleep(random.uniform(0, 0.05))
        process.kill()
    _, stderr = process.communicate(timeout=60)
    if number in (signal.SIGTERM, signal.SIGINT):
        # Before the program has come to look for signals, it ends by them.
        check(process.returncode in (128 + number, -number) or small_disk and process.returncode == 1, number,
              "ended with", process.returncode, stderr)
        if process.returncode > 0:
            check(re.search(r"(stopped by |error: cannot save)[^\n]*\n\Z", stderr), stderr)
    else:
        check(process.returncode in (-signal.SIGKILL, -signal.SIGUSR1), "ended by itself:", process.returncode, stderr)
    return number.name + (" on a full disk" if small_disk else "")


def finish(run, steps):
    # One thread: several that spin for one another are slow on a machine that does something else.
    process = start(run, {"train.max_steps": steps, "run.threads": 1})
    _, stderr = process.communicate(timeout=300)
    check(process.returncode == 0, stderr)


def compare(run, alone, steps):
    for key in ["loss", "grad_norm", "lr", "val_loss", "tokens", "epoch"]:
        ours, theirs = ([(line["step"], line.get(key)) for line in lines(folder / "metrics.jsonl")] for folder in (run, alone))
        check(ours == theirs, key, "differs:", [pair for pair in zip(ours, theirs) if pair[0] != pair[1]][:3])
    check(lines(run / "samples.jsonl") == lines(alone / "samples.jsonl"), "samples differ")
    for name in ["latest", "best"]:
        check((run / "checkpoints" / name).read_text() == (alone / "checkpoints" / name).read_text(), name, "differs")
    checkpoint = f"checkpoints/step-{steps:08}"
    for name in FILES[:2]:
        check((run / checkpoint / name).read_bytes() == (alone / checkpoint / name).read_bytes(), name, "differs")


def main():
    random.seed(SEED)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="diecast-kill-"))
    began = time.monotonic()
    try:
        run, alone = folder / "run", folder / "alone"
        whole, kinds, damaged, times_damaged = [], {}, set(), 0
        for _ in range(KILLS):
            kind = kill(run)
            kinds[kind] = kinds.get(kind, 0) + 1
            now = verified(run, damaged)
            check(now[-1:] >= whole[-1:], "after", kind, "the newest checkpoint is", now[-1:], "and was", whole[-1:])
            whole = now
            if len(whole) > 1 and random.random() < 0.3:
                times_damaged += 1
                left = damage(run, whole)
                damaged |= set(whole) - set(left)
                whole = left
        steps = last_step(run) + 20
        finish(run, steps)
        finish(alone, steps)
        compare(run, alone, steps)
        print(f"{KILLS} sessions ended by {kinds}, {times_damaged} times damaged: {steps} steps as if left alone, "
              f"{time.monotonic() - began:.0f} s, seed {SEED}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
