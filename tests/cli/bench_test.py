#!/usr/bin/env python3
"""bench_test.py BINARY: the benchmark's contract, with the real binary of the preset tiny. No test asserts a time."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

BINARY = os.path.abspath(sys.argv[1])
NUMBER = (int, float)
SUMMARY = {"median": NUMBER, "min": NUMBER, "max": NUMBER}
STEP = {"preset": str, "precision": str, "threads": int, "tok_per_s": SUMMARY, "share_of_peak": NUMBER,
        "step_ms": NUMBER, "flops_per_token": NUMBER}


def run(*args):
    return subprocess.run([BINARY, "bench", *args], capture_output=True, text=True, timeout=300)


class Bench(unittest.TestCase):
    def report(self, *args):
        done = run("--quick", "--json", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def has(self, value, contract, where="report"):
        """`value` holds at least what `contract` names, of these types; of a list every element does."""
        if isinstance(contract, dict):
            self.assertIsInstance(value, dict, where)
            for key, part in contract.items():
                self.assertIn(key, value, where)
                self.has(value[key], part, f"{where}.{key}")
        elif isinstance(contract, list):
            self.assertIsInstance(value, list, where)
            self.assertGreater(len(value), 0, where)
            for element in value:
                self.has(element, contract[0], f"{where}[]")
        else:
            self.assertIsInstance(value, contract, where)
            if contract is NUMBER:
                self.assertGreater(value, 0, where)

    def test_the_step_and_the_peak_have_the_keys_of_the_contract(self):
        report = self.report("--filter", "^step$")
        self.has(report, {
            "machine": {"cpu": str, "cores": int, "threads": int, "target": str, "compiler": str},
            "peak": {"f32_gflops": NUMBER, "bf16_gflops": NUMBER, "bf16_unit": str, "triad_gb_s": NUMBER,
                     "units": [{"unit": str, "operands": str, "gflops": SUMMARY}]},
            "step": STEP,
            "memory": {"plan_bytes": int, "resident_bytes": int}})
        self.assertEqual(report["step"]["preset"], "tiny")
        self.assertLessEqual(report["step"]["tok_per_s"]["min"], report["step"]["tok_per_s"]["median"])

    def test_text_is_measured_when_the_filter_names_it(self):
        report = self.report("--filter", "^tokenizer/(count threads|encode)", "--rounds", "1", "--threads", "2")
        self.has(report, {"tokenizer": [{"name": str, "median": NUMBER, "min": NUMBER, "max": NUMBER, "unit": str}]})
        self.assertEqual([row["name"] for row in report["tokenizer"]],
                         ["count threads=1", "count threads=2", "encode bpe threads=2"])

    def test_what_the_filter_leaves_out_is_not_there(self):
        report = self.report("--filter", "^nothing$")
        self.assertEqual((report["step"], report["step_1_thread"], report["memory"]), (None, None, None))
        self.assertEqual(report["tokenizer"], [])
        self.has(report["peak"], {"f32_gflops": NUMBER, "triad_gb_s": NUMBER})

    def test_one_thread_is_measured_beside_all(self):
        if len(os.sched_getaffinity(0)) == 1:
            self.skipTest("this machine has one CPU")
        report = self.report("--filter", "^step", "--threads", "2")
        self.assertEqual((report["step"]["threads"], report["step_1_thread"]["threads"]), (2, 1))
        self.has(report["step_1_thread"], STEP | {"speed_up": NUMBER})

    def test_kernels_have_the_keys_of_the_contract(self):
        report = self.report("--filter", "^kernel/(gemm|attention|layer_norm|adamw)")
        self.has(report["kernels"], [{"name": str, "shape": str, "target": str, "median": NUMBER, "min": NUMBER,
                                      "max": NUMBER, "unit": str, "share": NUMBER, "calls": NUMBER,
                                      "ms_per_step": NUMBER}])
        units = {kernel["name"]: kernel["unit"] for kernel in report["kernels"]}
        self.assertEqual((units["gemm_nn"], units["attention_backward"], units["adamw"]), ("GFLOP/s", "GFLOP/s", "GB/s"))
        self.assertIsNone(report["step"])

    def test_every_product_of_the_step_is_counted(self):
        report = self.report("--filter", "^(step|kernel/(gemm|head_exponentials|attention))")
        products = sum(kernel["ms_per_step"] * kernel["median"] * 1e6 for kernel in report["kernels"])
        tokens = 8 * 32
        # Attention is counted with the diagonal here, and its backward makes the scores once more.
        attention = 2 * 4 * 8 * 16 * 32 * 33 / 2 * 2 * 7
        counted = report["step"]["flops_per_token"] * tokens
        self.assertAlmostEqual(products / (counted - 6 * 2 * 64 * 32 * tokens + attention), 1, delta=0.05)

    def test_ablations_have_the_keys_of_the_contract_and_every_pair_is_there(self):
        report = self.report("--filter", "^ablation/")
        self.has(report["ablations"], [{"name": str, "unit": str, "slow": NUMBER, "fast": NUMBER, "ratio": NUMBER}])
        self.assertEqual({ablation["name"] for ablation in report["ablations"]},
                         {"batching", "document_bounds", "static_extents/gemm", "static_extents/layer_norm",
                          "precision/bf16", "precision/f16", "fused_epilogue", "fused_loss", "flash_attention"})
        self.assertEqual(report["kernels"], [])

    def test_every_target_is_compared_with_the_one_in_use(self):
        report = self.report("--filter", "^target/")
        names = {ablation["name"] for ablation in report["ablations"]}
        self.assertNotIn("target/" + report["machine"]["target"], names)
        self.assertIn("target/SSE2", names | {"target/" + report["machine"]["target"]})

    def test_the_text_names_the_machine_and_the_preset(self):
        done = run("--quick", "--filter", "^step$")
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in ["target ", "of peak", "preset tiny, f32", "GFLOP/s", "GB/s", "tok/s"]:
            self.assertIn(text, done.stdout)
        self.assertEqual(done.stderr, "")

    def test_a_wrong_expression_is_an_error_of_usage(self):
        done = run("--filter", "step(")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Aerror: [^\n]*'step\('[^\n]*--filter[^\n]*\n\Z")

    def test_an_interrupt_ends_it_and_prints_no_report(self):
        with subprocess.Popen([BINARY, "bench", "--json", "--rounds", "1000", "--filter", "^step$"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(0.5)
            self.assertIsNone(process.poll(), "a thousand rounds take longer")
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out, error), (130, b"", b""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
