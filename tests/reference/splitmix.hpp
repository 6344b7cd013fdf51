#pragma once

#include <cstddef>
#include <cstdint>

namespace diecast::reference {

/// The first output of SplitMix64 seeded with `state` (Steele, Lea, Flood 2014, "Fast splittable pseudorandom
/// number generators"). `tests/golden/tiny.py` has the same function.
constexpr std::uint64_t splitmix64(std::uint64_t state) {
  std::uint64_t z = state + 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// The hash of element `index` < 2^32 of a numbered stream.
constexpr std::uint64_t hash(std::uint64_t stream, std::size_t index) {
  return splitmix64(stream << 32 | static_cast<std::uint64_t>(index));
}

/// A multiple of 2^-23 in [-1, 1), so that its product with a float is exact in double.
constexpr double uniform(std::uint64_t stream, std::size_t index) {
  const auto k = static_cast<std::int64_t>(hash(stream, index) >> 40);  // 24 bits
  return static_cast<double>(k - (std::int64_t{1} << 23)) / static_cast<double>(std::int64_t{1} << 23);
}

}  // namespace diecast::reference
