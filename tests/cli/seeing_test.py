#!/usr/bin/env python3
"""seeing_test.py BINARY: what shows a run: the progress line, --quiet and --json, profile, TensorBoard's files, the dashboard."""
import contextlib
import http.client
import json
import math
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

BINARY = os.path.abspath(sys.argv[1])
FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]

import browser  # noqa: E402  (found by the line above)
import events_file  # noqa: E402
from fixture import CommandTest  # noqa: E402

DATA = ["--set", "data.source=builtin:stories:40", "--set", "schedule.warmup_steps=0", "--set", "sample.max_tokens=8"]
FAST = [*DATA, "--set", "train.max_steps=6", "--set", "log.every_steps=1"]


def run(*args, **options):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, errors="backslashreplace", timeout=120,
                          **options)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class SeeingTest(CommandTest):
    run_command = staticmethod(run)


class Lines(SeeingTest):
    def test_the_progress_line_says_the_validation_loss_once_there_is_one(self):
        text = self.stderr_on_a_terminal(BINARY, "train", *FAST, "--set", "train.max_steps=1000", "--set", "eval.every_steps=999",
                                         "--out", self.folder / "run")
        self.assertRegex(text, r"Loss: \d\.\d\d \| val \d\.\d\d \| ")
        self.assertRegex(text.split("Training", 2)[1], r"Loss: \d\.\d\d \| \d+ tok/s")

    def test_quiet_is_silent_on_stderr_but_for_errors(self):
        done = self.succeeds("train", *FAST, "--quiet", "--out", self.folder / "run")
        self.assertEqual(done.stderr, "")
        self.assertIn("ended after step 6", (self.folder / "run" / "log.txt").read_text())
        self.fails(2, "train", *FAST, "--quiet", "--out", self.folder / "run", says=["run"])

    def test_json_is_one_object_and_nothing_else(self):
        done = self.succeeds("train", *FAST, "--json", "--out", self.folder / "run")
        end = json.loads(done.stdout)
        self.assertEqual(list(end), ["run", "step", "loss", "val_loss", "tok_per_s", "checkpoint", "reason"])
        last = lines(self.folder / "run" / "metrics.jsonl")[-1]
        self.assertEqual((end["step"], end["loss"], end["val_loss"]), (6, last["loss"], last["val_loss"]))
        self.assertEqual(end["reason"], "train.max_steps")
        self.assertTrue((pathlib.Path(end["checkpoint"]) / "state.json").is_file())
        self.assertGreater(end["tok_per_s"], 0)
        again = json.loads(self.succeeds("train", "--resume", "--json", "--out", self.folder / "run").stdout)
        self.assertEqual((again["step"], again["loss"]), (6, None))  # no step of its own

    def test_json_of_a_run_that_was_stopped_names_the_signal(self):
        out = self.folder / "run"
        with subprocess.Popen([BINARY, "train", *FAST, "--set", "train.max_steps=1000000", "--json", "--out", out],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            while not (out / "metrics.jsonl").is_file() or not (out / "metrics.jsonl").read_text():
                self.assertIsNone(process.poll())
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            end = json.loads(process.communicate(timeout=60)[0])
        self.assertEqual(process.returncode, 143)
        self.assertEqual(end["reason"], "SIGTERM")
        self.assertTrue(pathlib.Path(end["checkpoint"]).is_dir())


class Profile(SeeingTest):
    def profile(self, *args):
        return json.loads(self.succeeds("profile", *DATA, "--steps", "2", "--json", *args).stdout)

    def test_layers_and_parts_add_up_to_the_step(self):
        profile = self.profile()
        self.assertEqual(profile["steps"], 2)
        layers = sum(layer["forward_ms"] + layer["backward_ms"] for layer in profile["layers"])
        parts = {part["part"]: part["ms"] for part in profile["parts"]}
        self.assertAlmostEqual(layers + sum(parts.values()), profile["step_ms"], delta=1e-6)
        self.assertEqual(list(parts), ["data wait", "optimizer", "packing", "other"])
        self.assertTrue(all(ms >= 0 for ms in parts.values()), parts)
        shares = [entry["share"] for key in ("layers", "parts") for entry in profile[key]]
        self.assertAlmostEqual(sum(shares), 1, delta=1e-9)
        names = [layer["layer"] for layer in profile["layers"]]
        self.assertEqual((names[0], names[-1]), ("embedding", "head"))
        self.assertIn("blocks.*.attention.qkv", names)

    def test_kernels_lie_in_their_layers(self):
        profile = self.profile("--by-block")
        self.assertIn("blocks.1.mlp.down", [layer["layer"] for layer in profile["layers"]])
        for layer in profile["layers"]:
            called = [kernel for kernel in profile["kernels"]
                      if kernel["layer"] == layer["layer"] and kernel["pass"] != "pack"]
            self.assertTrue(called, layer)
            self.assertLessEqual(sum(kernel["ms"] for kernel in called),
                                 layer["forward_ms"] + layer["backward_ms"] + 1e-6)
        up = [kernel for kernel in profile["kernels"] if kernel["layer"] == "blocks.0.mlp.up"]
        self.assertEqual({kernel["kernel"] for kernel in up if kernel["pass"] == "forward"}, {"gemm_nn"})
        self.assertLessEqual({"gemm_nn", "gemm_tn"}, {kernel["kernel"] for kernel in up if kernel["pass"] == "backward"})
        self.assertEqual({kernel["calls"] for kernel in up if kernel["pass"] == "forward"}, {1})

    def test_the_trace_nests_and_holds_the_step_s_time(self):
        trace = self.folder / "trace.json"
        profile = self.profile("--trace", trace)
        events = json.loads(trace.read_text())["traceEvents"]
        steps = [event for event in events if event["name"] == "step"]
        self.assertAlmostEqual(sum(event["dur"] for event in steps) / 2000, profile["step_ms"], delta=1e-6)
        open_events = []
        for event in events:
            self.assertEqual(event["ph"], "X")
            while open_events and open_events[-1]["ts"] + open_events[-1]["dur"] <= event["ts"]:
                open_events.pop()
            if open_events:
                self.assertLessEqual(event["ts"] + event["dur"], open_events[-1]["ts"] + open_events[-1]["dur"] + 1e-3)
            else:
                self.assertEqual(event["name"], "step")
            open_events.append(event)
        kernels = sum(event["dur"] for event in events if event["cat"] == "kernel") / 2000
        self.assertAlmostEqual(kernels, sum(kernel["ms"] for kernel in profile["kernels"]), delta=1e-6)

    def test_the_table_says_the_same_and_nothing_is_left_behind(self):
        done = self.succeeds("profile", *DATA, "--steps", "1", cwd=self.folder)
        for word in ("blocks.*.mlp.down", "optimizer", "data wait", "other", "gemm_tn", "100.0%"):
            self.assertIn(word, done.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_wrong_use_is_one_line(self):
        self.fails(2, "profile", "--steps", "0", says=["0"])
        self.fails(2, "profile", "--set", "optimizer.lrr=1", says=["optimizer.lr"])
        self.fails(1, "profile", *DATA, "--steps", "1", "--trace", self.folder / "none" / "t.json", says=["t.json"])

    def test_training_writes_a_profile_of_its_first_steps_and_the_machine(self):
        self.succeeds("train", *FAST, "--out", self.folder / "run")
        profile = json.loads((self.folder / "run" / "profile.json").read_text())
        self.assertEqual(profile["steps"], 3)
        self.assertIn("head", [layer["layer"] for layer in profile["layers"]])
        machine = json.loads((self.folder / "run" / "machine.json").read_text())
        self.assertEqual(list(machine), ["cpu", "cores", "threads", "target", "compiler", "precision", "peak_gflops"])


class TensorBoard(SeeingTest):
    def files(self):
        return sorted((self.folder / "run" / "tensorboard").iterdir())

    def test_the_checksum_is_the_standard_s(self):
        self.assertEqual(events_file.crc32c(b"123456789"), 0xE3069283)  # RFC 3720's polynomial, the usual check value

    def test_events_are_the_metrics(self):
        self.succeeds("train", *FAST, "--set", "log.tensorboard=true", "--set", "eval.every_steps=3", "--out",
                      self.folder / "run")
        file, = self.files()
        self.assertRegex(file.name, r"^events\.out\.tfevents\.\d{10}\.")
        version, start, *events = events_file.events(file)
        self.assertEqual(version["version"], "brain.Event:2")
        self.assertTrue(start["started"])
        logged = lines(self.folder / "run" / "metrics.jsonl")
        self.assertEqual([event["step"] for event in events], [line["step"] for line in logged])
        for event, line in zip(events, logged):
            self.assertLess(abs(event["wall_time"] - time.time()), 600)
            numbers = {key: value for key, value in line.items() if key != "step" and value is not None}
            self.assertEqual(set(event["scalars"]), set(numbers))
            for key, value in numbers.items():
                self.assertTrue(math.isclose(event["scalars"][key], value, rel_tol=1e-6), key)
        self.assertIn("val_loss", events[2]["scalars"])

    def test_a_resumed_run_adds_a_file_that_replaces_what_it_repeats(self):
        self.succeeds("train", *FAST, "--set", "log.tensorboard=true", "--out", self.folder / "run")
        self.succeeds("train", "--resume", "--set", "train.max_steps=9", "--out", self.folder / "run")
        first, second = self.files()
        self.assertTrue(events_file.events(first))
        _, start, *events = events_file.events(second)
        self.assertEqual((start["started"], start["step"]), (True, 7))
        self.assertEqual([event["step"] for event in events], [7, 8, 9])

    def test_without_the_key_there_is_none(self):
        self.succeeds("train", *FAST, "--out", self.folder / "run")
        self.assertFalse((self.folder / "run" / "tensorboard").exists())


def read_events(port, path="/events?from=0"):
    """Yields (name, data) of a stream of server-sent events until it ends."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.getheader("Content-Type").startswith("text/event-stream"), response.getheaders()
    name = None
    for line in response:
        key, _, value = line.decode().rstrip("\n").partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)
    connection.close()


@unittest.skipIf(browser.uplot_missing(), f"no report page: {browser.uplot_missing()}")
class DashboardTest(SeeingTest):
    @contextlib.contextmanager
    def live(self, *args, port=0):
        """A run with a dashboard, and its port."""
        out = self.folder / "run"
        process = subprocess.Popen([BINARY, "train", *DATA, "--set", "log.every_steps=1", *args, "--dashboard", str(port),
                                    "--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            for line in process.stderr:
                if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                    break
            else:
                self.fail(f"the run said no address, and ended with {process.wait()}")
            yield process, int(found[1])
        finally:
            if process.poll() is None:  # a second signal would end it at once
                process.terminate()
            process.communicate(timeout=60)

    def get(self, port, path="/", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def test_the_page_holds_the_run_so_far_and_the_stream_what_follows(self):
        with self.live("--set", "train.max_steps=1000000", "--set", "sample.every_steps=5") as (process, port):
            events = read_events(port)
            seen = [next(events) for _ in range(12)]
            status, page = self.get(port)
            self.assertEqual(status, 200)
            record, = json.loads(re.search(r'id="run-data">(.*?)</script>', page, re.DOTALL)[1])
            self.assertGreaterEqual(len(record["columns"]["step"]), 5)
            first, data = next(read_events(port, record["events"]))
            self.assertIn(first, ("metrics", "sample", "profile"))
            process.send_signal(signal.SIGTERM)
            seen += events
            process.wait(timeout=60)
        names = {name for name, _ in seen}
        self.assertLessEqual({"metrics", "sample", "profile", "end"}, names)
        self.assertEqual(seen[-1][0], "end")
        steps = [data["step"] for name, data in seen if name == "metrics"]
        self.assertEqual(steps, list(range(1, len(steps) + 1)))
        logged = lines(self.folder / "run" / "metrics.jsonl")
        self.assertEqual([data for name, data in seen if name == "metrics"], logged)
        self.assertEqual(process.returncode, 143)

    def test_pages_of_other_sites_read_nothing(self):
        with self.live("--set", "train.max_steps=1000000") as (_, port):
            self.assertEqual(self.get(port, Host="evil.example")[0], 403)
            self.assertEqual(self.get(port, Host=f"localhost:{port}")[0], 200)
            self.assertEqual(self.get(port, "/none")[0], 404)

    def test_clients_that_hang_or_leave_change_nothing(self):
        metrics = self.folder / "run" / "metrics.jsonl"
        with self.live("--set", "train.max_steps=1000000") as (process, port):
            hanging = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
            for client in hanging[:10]:  # these ask and never read
                client.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
            with socket.create_connection(("127.0.0.1", port)) as leaving:
                leaving.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
            logged = len(metrics.read_text().splitlines()) if metrics.exists() else 0
            while not metrics.exists() or len(metrics.read_text().splitlines()) < logged + 20:
                self.assertIsNone(process.poll())
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=60), 143)
            for client in hanging:
                client.close()

    def test_a_port_in_use_is_an_error_before_anything_starts(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.fails(2, "train", *FAST, "--dashboard", port, "--out", self.folder / "run", says=[port, "--dashboard"])
        self.assertFalse((self.folder / "run").exists())
        with self.live("--set", "train.max_steps=1000000") as (_, port):
            self.fails(2, "train", *FAST, "--dashboard", port, "--out", self.folder / "other", says=[port])
        self.fails(2, "train", "--dashboard", "70000", says=["70000"])

    @unittest.skipIf(browser.missing(), f"no browser: {browser.missing()}")
    def test_a_live_run_moves_in_the_browser(self):
        with self.live("--set", "train.max_steps=1000000", "--set", "eval.every_steps=20") as (_, port):
            found = browser.watch(port, self.folder)
        self.assertEqual(found["problems"], [])
        self.assertEqual(found["summary"], "a training run, live")
        self.assertGreater(found["later"]["steps"], found["first"]["steps"])
        self.assertNotEqual(found["later"]["loss"], found["first"]["loss"])
        self.assertLessEqual({"Training loss", "Validation loss", "Time of a step"}, set(found["titles"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
