#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace diecast {

/// Mixes 32 bits so that every input bit affects every output bit ("lowbias32", Wellons 2018,
/// https://nullprogram.com/blog/2018/07/31/). Cheap enough for one call per activation, and a bijection.
constexpr std::uint32_t mix32(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  return x;
}

/// Mixes 64 bits (the finaliser of SplitMix64; Steele, Lea, Flood 2014).
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBu;
  x ^= x >> 31;
  return x;
}

/// Counter-based random numbers: a value is a pure function of (seed, stream, index), so that results depend
/// neither on the order in which they are asked for nor on the number of threads.
struct Random {
  std::uint64_t seed;
  std::uint64_t stream;

  constexpr std::uint64_t bits(std::uint64_t index) const {
    constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;
    return mix64(mix64(mix64(seed + kGolden) ^ (stream + kGolden)) + index * kGolden);
  }
  /// Uniform in [0, 1).
  constexpr double uniform(std::uint64_t index) const {
    return static_cast<double>(bits(index) >> 11) * 0x1p-53;
  }
  /// Standard normal (Box, Muller 1958).
  double normal(std::uint64_t index) const {
    const double u = 1.0 - uniform(2 * index);
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform(2 * index + 1));
  }
};

}  // namespace diecast
