#include <diecast/train/loss_scale.hpp>

#include <limits>

#include <doctest/doctest.h>

namespace diecast {
namespace {

constexpr double kOverflow = std::numeric_limits<double>::infinity();

LossScale after_good_steps(LossScale scale, std::uint64_t steps) {
  for (std::uint64_t i = 0; i < steps; ++i) scale.step_made();
  return scale;
}

TEST_CASE("f32 and bf16 have no loss scale: it stays 1, and no step is skipped") {
  for (const Element precision : {Element::f32, Element::bf16}) {
    const LossScale scale = after_good_steps(LossScale(precision), 2 * LossScale::kGoodSteps);
    CHECK(scale.value() == 1);
    CHECK_FALSE(scale.skips(kOverflow));
    CHECK_FALSE(scale.state());
  }
}

TEST_CASE("the loss scale doubles after 2000 good steps, and then after 2000 more") {
  const LossScale first(Element::f16);
  CHECK(first.value() == 32768);
  CHECK(after_good_steps(first, 1999).value() == 32768);
  CHECK(after_good_steps(first, 2000).value() == 65536);
  CHECK(after_good_steps(first, 3999).value() == 65536);
  CHECK(after_good_steps(first, 4000).value() == 131072);
}

TEST_CASE("a skipped step halves the loss scale and starts the count of good ones anew") {
  LossScale scale = after_good_steps(LossScale(Element::f16), 1999);
  CHECK(scale.skips(kOverflow));
  CHECK(scale.skips(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(scale.skips(1e9));
  scale.step_skipped();
  CHECK(scale.value() == 16384);
  CHECK(scale.skipped_steps() == 1);
  CHECK(after_good_steps(scale, 1999).value() == 16384);
  CHECK(after_good_steps(scale, 2000).value() == 32768);
}

TEST_CASE("a gradient that overflows at a scale of 1 is not skipped") {
  LossScale scale(Element::f16);
  for (int halvings = 0; halvings < 15; ++halvings) {
    REQUIRE(scale.skips(kOverflow));
    scale.step_skipped();
  }
  CHECK(scale.value() == 1);
  CHECK_FALSE(scale.skips(kOverflow));
}

TEST_CASE("a loss scale goes on from its state") {
  LossScale scale(Element::f16);
  scale.step_skipped();
  scale = after_good_steps(scale, 1500);
  const LossScale resumed(Element::f16, scale.state());
  CHECK(resumed.state() == scale.state());
  CHECK(after_good_steps(resumed, 500).value() == 32768);
}

}  // namespace
}  // namespace diecast
