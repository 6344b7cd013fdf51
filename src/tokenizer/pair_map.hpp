#pragma once

#include <cstddef>
#include <cstdint>
#include <diecast/core/token.hpp>
#include <vector>

#include "tokenizer/mix.hpp"

namespace diecast {

/// A hash table from pairs of tokens to numbers, with open addressing. No token is kIgnoredToken.
class PairMap {
 public:
  /// The place of a pair's number, which is kNone if the pair is new. Valid until the next call.
  std::uint32_t& operator()(Token left, Token right) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[position(key_of(left, right))];
    if (slot.key == kFree) {
      slot.key = key_of(left, right);
      ++used_;
    }
    return slot.number;
  }

  /// The number of a pair, or kNone.
  std::uint32_t find(Token left, Token right) const { return slots_[position(key_of(left, right))].number; }

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

 private:
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};

  struct Slot {
    std::uint64_t key = kFree;
    std::uint32_t number = kNone;
  };

  static std::uint64_t key_of(Token left, Token right) { return std::uint64_t{left} << 32 | right; }

  std::size_t position(std::uint64_t key) const {
    std::size_t at = mix(key, 0) & (slots_.size() - 1);
    while (slots_[at].key != key && slots_[at].key != kFree) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.key != kFree) slots_[position(slot.key)] = slot;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(16);  // a power of two, at least one is free
  std::size_t used_ = 0;
};

}  // namespace diecast
