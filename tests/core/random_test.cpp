#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <diecast/core/random.hpp>
#include <set>

namespace diecast {
namespace {

constexpr std::size_t kNumbers = 1 << 16;

// The published inverse of mix32 (Wellons 2018).
constexpr std::uint32_t unmix32(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x43021123u;
  x ^= x >> 15 ^ x >> 30;
  x *= 0x1D69E2A5u;
  x ^= x >> 16;
  return x;
}

TEST_CASE("mix32 is a bijection") {
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < kNumbers; ++i) {
    const std::uint32_t x = i * 0x9E3779B9u;
    wrong += unmix32(mix32(x)) == x ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("mix32 changes half of the bits, whichever bit of its argument changes") {
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    std::array<double, 32> flips{};
    for (std::uint32_t i = 0; i < kNumbers; ++i) {
      const std::uint32_t change = mix32(i * 0x9E3779B9u) ^ mix32(i * 0x9E3779B9u ^ (1u << bit));
      for (std::size_t b = 0; b < flips.size(); ++b) flips[b] += (change >> b & 1u) / double{kNumbers};
    }
    CAPTURE(bit);
    for (const double share : flips) CHECK(std::abs(share - 0.5) < 0.02);  // ten standard deviations
  }
}

TEST_CASE("mix64 is SplitMix64's finaliser") {
  // The generator's published first outputs for seed 1234567.
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;
  CHECK(mix64(1234567 + kGolden) == 6457827717110365317u);
  CHECK(mix64(1234567 + 2 * kGolden) == 3203168211198807973u);
  CHECK(mix64(1234567 + 3 * kGolden) == 9817491932198370423u);
}

TEST_CASE("a value is a function of seed, stream and index, and of nothing else") {
  static_assert(Random{1, 2}.bits(3) == Random{1, 2}.bits(3));
  const std::uint64_t value = Random{1, 2}.bits(3);
  const Random random{1, 2};
  random.normal(7);
  CHECK(random.bits(3) == value);
}

TEST_CASE("neighbouring seeds, streams and indices have no value in common") {
  std::set<std::uint64_t> values;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::uint64_t stream = 0; stream < 20; ++stream)
      for (std::uint64_t index = 0; index < 100; ++index) values.insert(Random{seed, stream}.bits(index));
  CHECK(values.size() == 20 * 20 * 100);
}

TEST_CASE("uniform numbers lie in [0, 1) and fill it evenly") {
  const Random random{5, 6};
  std::array<double, 16> share{};
  for (std::size_t i = 0; i < kNumbers; ++i) {
    const double u = random.uniform(i);
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    share[static_cast<std::size_t>(u * 16)] += 1.0 / kNumbers;
  }
  for (const double s : share) CHECK(std::abs(s - 1.0 / 16) < 0.005);  // five standard deviations
}

TEST_CASE("normal numbers have the moments of the standard normal distribution") {
  const Random random{8, 9};
  std::array<double, 5> moment{};
  for (std::size_t i = 0; i < kNumbers; ++i)
    for (std::size_t k = 0; k < moment.size(); ++k)
      moment[k] += std::pow(random.normal(i), static_cast<double>(k)) / kNumbers;
  // Five standard deviations of each mean.
  CHECK(std::abs(moment[1]) < 0.02);
  CHECK(std::abs(moment[2] - 1) < 0.03);
  CHECK(std::abs(moment[3]) < 0.08);
  CHECK(std::abs(moment[4] - 3) < 0.2);
}

TEST_CASE("normal numbers of neighbouring indices and streams are not correlated") {
  double indices = 0, streams = 0;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    indices += Random{3, 4}.normal(i) * Random{3, 4}.normal(i + 1) / kNumbers;
    streams += Random{3, 4}.normal(i) * Random{3, 5}.normal(i) / kNumbers;
  }
  CHECK(std::abs(indices) < 0.02);  // five standard deviations
  CHECK(std::abs(streams) < 0.02);
}

TEST_CASE("a normal number is finite even where the uniform one is 0") {
  for (std::uint64_t i = 0; i < kNumbers; ++i) REQUIRE(std::isfinite(Random{0, 0}.normal(i)));
}

}  // namespace
}  // namespace diecast
