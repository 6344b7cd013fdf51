#include <diecast/generate/sampler.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

// Probabilities 0.05, 0.5, 0.15, 0.3.
const std::vector<float> kLogits{std::log(0.05f), std::log(0.5f), std::log(0.15f), std::log(0.3f)};
constexpr std::size_t kDraws = 20000;

constexpr Sampling kEverything{.temperature = 1, .top_k = 0, .top_p = 1};

std::vector<double> frequencies(const Sampling& sampling) {
  Sampler sampler(sampling);
  std::vector<double> counts(kLogits.size());
  for (std::size_t i = 0; i < kDraws; ++i) counts[sampler.choose(kLogits, i)] += 1.0 / kDraws;
  return counts;
}

// Four standard deviations of a frequency near 1/2.
constexpr double kShareTolerance = 4 * 0.5 / 141;

void check_frequencies(const Sampling& sampling, const std::vector<double>& expected) {
  const std::vector<double> found = frequencies(sampling);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    if (expected[i] == 0) CHECK(found[i] == 0);
    CHECK(std::abs(found[i] - expected[i]) < kShareTolerance);
  }
}

TEST_CASE("temperature 0 takes the likeliest token, of equals the smaller") {
  Sampler sampler({.temperature = 0});
  CHECK(sampler.choose(kLogits, 0) == 1);
  CHECK(sampler.choose(std::vector<float>{1, 7, 7, 2}, 5) == 1);
}

TEST_CASE("without limits tokens come as often as the softmax says") {
  check_frequencies(kEverything, {0.05, 0.5, 0.15, 0.3});
}

TEST_CASE("a temperature of one half squares the odds") {
  Sampling sampling = kEverything;
  sampling.temperature = 0.5;
  const double sum = 0.0025 + 0.25 + 0.0225 + 0.09;
  check_frequencies(sampling, {0.0025 / sum, 0.25 / sum, 0.0225 / sum, 0.09 / sum});
}

TEST_CASE("top-k leaves the k likeliest in proportion") {
  Sampling sampling = kEverything;
  sampling.top_k = 2;
  check_frequencies(sampling, {0, 0.5 / 0.8, 0, 0.3 / 0.8});
}

TEST_CASE("top-p leaves the fewest tokens that together reach p") {
  Sampling sampling = kEverything;
  sampling.top_p = 0.81;
  check_frequencies(sampling, {0, 0.5 / 0.95, 0.15 / 0.95, 0.3 / 0.95});
}

TEST_CASE("top-p leaves at least the likeliest token") {
  Sampling sampling = kEverything;
  sampling.top_p = 0;
  check_frequencies(sampling, {0, 1, 0, 0});
}

TEST_CASE("a choice depends on seed and index, not on the choices before it") {
  Sampler once(kEverything), again(kEverything);
  std::vector<Token> forward, backward;
  for (std::size_t i = 0; i < 50; ++i) forward.push_back(once.choose(kLogits, i));
  for (std::size_t i = 50; i-- > 0;) backward.insert(backward.begin(), again.choose(kLogits, i));
  CHECK(forward == backward);

  Sampling other = kEverything;
  other.seed = 2;
  Sampler elsewhere(other);
  std::vector<Token> differing;
  for (std::size_t i = 0; i < 50; ++i) differing.push_back(elsewhere.choose(kLogits, i));
  CHECK(differing != forward);
}

TEST_CASE("logits that are not finite are an error") {
  Sampler sampler({});
  CHECK_THROWS_AS(sampler.choose(std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()}, 0), Error);
  CHECK_THROWS_AS(sampler.choose(std::vector<float>{std::numeric_limits<float>::infinity(), 1}, 0), Error);
}

}  // namespace
}  // namespace diecast
