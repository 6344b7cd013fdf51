#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include <diecast/core/random.hpp>

namespace diecast {

/// A keyed permutation of 0 ... size - 1, computed point by point without memory: a Feistel network on the
/// next even number of bits (Luby, Rackoff 1988), walked along its cycle until it falls below `size` (Black,
/// Rogaway 2002, "Ciphers with arbitrary finite domains"). The network's domain is less than four times
/// `size` from 5 on.
class Permutation {
 public:
  constexpr Permutation(std::uint64_t size, Random key)
      : size_(size),
        key_(key),
        half_bits_((std::max(2, static_cast<int>(std::bit_width(size - 1))) + 1) / 2) {}

  /// Where `index` < size goes.
  constexpr std::uint64_t operator()(std::uint64_t index) const {
    do index = network(index);
    while (index >= size_);
    return index;
  }

 private:
  constexpr std::uint64_t network(std::uint64_t value) const {
    constexpr std::uint64_t kRounds = 6;
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      const std::uint64_t mixed = left ^ (key_.bits(right * kRounds + round) & mask);
      left = right;
      right = mixed;
    }
    return left << half_bits_ | right;
  }

  std::uint64_t size_;
  Random key_;
  int half_bits_;
};

}  // namespace diecast
