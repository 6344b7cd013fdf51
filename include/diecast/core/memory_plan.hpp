#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <diecast/core/field.hpp>

namespace diecast {

/// A buffer and the steps, first to last inclusive, at which it holds something.
struct Lifetime {
  std::size_t bytes;
  std::size_t first;
  std::size_t last;
};

template <std::size_t kCount>
struct MemoryPlan {
  std::array<std::size_t, kCount> offsets{};
  std::size_t bytes = 0;
};

/// Places buffers so that those alive at the same time do not overlap: largest first, each into the first gap
/// (greedy by size; Pisarchyk, Lee 2020, arXiv:2001.03288). Runs in the compiler.
template <std::size_t kCount>
constexpr MemoryPlan<kCount> plan(const std::array<Lifetime, kCount>& buffers) {
  MemoryPlan<kCount> result;
  std::array<std::size_t, kCount> order{};
  for (std::size_t i = 0; i < kCount; ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].bytes != buffers[b].bytes ? buffers[a].bytes > buffers[b].bytes : a < b;
  });
  for (std::size_t n = 0; n < kCount; ++n) {
    const Lifetime& buffer = buffers[order[n]];
    const std::size_t bytes = round_up(buffer.bytes, kAlignment);
    std::size_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t m = 0; m < n; ++m) {
        const Lifetime& other = buffers[order[m]];
        const std::size_t begin = result.offsets[order[m]];
        const std::size_t end = begin + round_up(other.bytes, kAlignment);
        const bool together = buffer.first <= other.last && other.first <= buffer.last;
        if (together && offset < end && begin < offset + bytes) {
          offset = end;
          moved = true;
        }
      }
    }
    result.offsets[order[n]] = offset;
    result.bytes = std::max(result.bytes, offset + bytes);
  }
  return result;
}

}  // namespace diecast
