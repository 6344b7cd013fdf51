#include <diecast/train/spike.hpp>

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/random.hpp>

namespace diecast {
namespace {

constexpr SpikeRule kRule{.policy = SpikeRule::Policy::skip, .z_score = 6, .window = 20};

double value(std::uint64_t i) { return 4 + 0.1 * Random{3, 0}.normal(i); }

SpikeState after(const SpikeRule& rule, std::uint64_t values) {
  SpikeState state;
  for (std::uint64_t i = 0; i < values; ++i) rule.remember(state, value(i), 1 + value(i));
  return state;
}

// Mean and variance with the weight of every single value.
RunningMoments weighted(std::uint64_t window, std::uint64_t values) {
  std::vector<double> weights;
  for (std::uint64_t i = 0; i < values; ++i) {
    const double newest = i < window / 2 ? 1 / (static_cast<double>(i) + 1) : 2 / (static_cast<double>(window) + 1);
    for (double& weight : weights) weight *= 1 - newest;
    weights.push_back(newest);
  }
  RunningMoments moments{.count = values};
  for (std::uint64_t i = 0; i < values; ++i) moments.mean += weights[i] * value(i);
  for (std::uint64_t i = 0; i < values; ++i)
    moments.variance += weights[i] * (value(i) - moments.mean) * (value(i) - moments.mean);
  return moments;
}

TEST_CASE("running mean and variance are those of exponential weights") {
  for (const std::uint64_t values : {1u, 2u, 9u, 20u, 21u, 300u}) {
    CAPTURE(values);
    const RunningMoments expected = weighted(kRule.window, values), got = after(kRule, values).loss;
    CHECK(got.mean == doctest::Approx(expected.mean).epsilon(1e-12));
    CHECK(got.variance == doctest::Approx(expected.variance).epsilon(1e-9));
    CHECK(got.count == values);
  }
}

TEST_CASE("a value more than z deviations above the mean is a spike, in the loss as in the gradient") {
  const SpikeState state = after(kRule, 100);
  const double mean = state.loss.mean, deviation = std::sqrt(state.loss.variance);
  CHECK_FALSE(kRule.find(state, mean + 5.9 * deviation, 1 + mean));
  const auto loss = kRule.find(state, mean + 6.1 * deviation, 1 + mean);
  REQUIRE(loss);
  CHECK(loss->what == "loss");
  CHECK(loss->mean == mean);
  CHECK(loss->deviations == doctest::Approx(6.1));
  const auto norm = kRule.find(state, mean, 1 + mean + 6.1 * deviation);
  REQUIRE(norm);
  CHECK(norm->what == "gradient norm");
  CHECK_FALSE(kRule.find(state, mean - 100 * deviation, 0));  // downwards is no spike
}

TEST_CASE("before so many values nothing is a spike") {
  CHECK_FALSE(kRule.find(after(kRule, 19), 1000, 1000));
  CHECK(kRule.find(after(kRule, 20), 1000, 1000));
}

TEST_CASE("of values that hardly vary, a small change is no spike") {
  SpikeState state;
  for (int i = 0; i < 100; ++i) kRule.remember(state, 2, 2);
  CHECK_FALSE(kRule.find(state, 2.01, 2));
  CHECK(kRule.find(state, 2.02, 2));
}

TEST_CASE("without a policy nothing is remembered and nothing a spike") {
  const SpikeRule off;
  CHECK(after(off, 200) == SpikeState{});
  CHECK_FALSE(off.find(after(kRule, 200), 1000, 1000));
}

}  // namespace
}  // namespace diecast
