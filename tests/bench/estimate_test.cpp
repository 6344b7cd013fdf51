#include <diecast/bench/estimate.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace diecast {
namespace {

TEST_CASE("a roofline is what the busier of arithmetic and memory takes") {
  const Limits limits{.products = 100, .operations = 10, .bytes = 5};
  CHECK(roofline_seconds({.products = 200, .operations = 10, .bytes = 5}, limits) == 3);
  CHECK(roofline_seconds({.products = 200, .operations = 10, .bytes = 20}, limits) == 4);
  CHECK(roofline_seconds(Work{}, limits) == 0);
}

TEST_CASE("limits follow the operands' unit, operations f32's") {
  const Peak peak{.f32_gflops = 100, .bf16_gflops = 200, .bf16_unit = "dot"};
  const Limits narrow = limits_of(peak, 40, Element::bf16), wide = limits_of(peak, 40, Element::f32);
  CHECK(narrow.products == 200e9);
  CHECK(wide.products == 100e9);
  CHECK(narrow.operations == 50e9);
  CHECK(narrow.bytes == 40e9);
}

KernelProbe probe(Element operands, double times, const Work& work) {
  return {.name = "", .shape = "", .operands = operands, .times = times, .work = work, .prepare = {}};
}

TEST_CASE("an estimate adds its calls, and is never below the machine's limits") {
  const Peak peak{.f32_gflops = 100, .bf16_gflops = 200, .bf16_unit = "dot"};
  const std::vector one{probe(Element::bf16, 1, {.products = 200e9})};
  const std::vector three{probe(Element::bf16, 3, {.products = 200e9})};
  const std::vector both{one[0], probe(Element::f32, 1, {.operations = 50e9})};
  const double second = estimate_step_seconds(one, peak, 40);
  CHECK(second >= 1);
  CHECK(estimate_step_seconds(three, peak, 40) == doctest::Approx(3 * second));
  CHECK(estimate_step_seconds(both, peak, 40) >= second + 1);
}

TEST_CASE("a machine twice as fast takes half the time") {
  const std::vector calls{probe(Element::bf16, 2, {.products = 1e9, .operations = 3e9, .bytes = 1e8}),
                          probe(Element::f32, 1, {.bytes = 1e9})};
  const Peak peak{.f32_gflops = 100, .bf16_gflops = 200, .bf16_unit = "dot"};
  const Peak fast{.f32_gflops = 200, .bf16_gflops = 400, .bf16_unit = "dot"};
  CHECK(estimate_step_seconds(calls, fast, 80) == doctest::Approx(estimate_step_seconds(calls, peak, 40) / 2));
}

}  // namespace
}  // namespace diecast
