#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <diecast/core/memory_plan.hpp>
#include <diecast/core/random.hpp>

namespace diecast {
namespace {

// The most bytes alive at one time: no plan can need less.
template <std::size_t kCount>
std::size_t least_bytes(const std::array<Lifetime, kCount>& buffers, std::size_t times) {
  std::size_t most = 0;
  for (std::size_t t = 0; t < times; ++t) {
    std::size_t alive = 0;
    for (const Lifetime& b : buffers)
      if (b.first <= t && t <= b.last) alive += round_up(b.bytes, kAlignment);
    most = std::max(most, alive);
  }
  return most;
}

template <std::size_t kCount>
bool overlap(const std::array<Lifetime, kCount>& buffers, const MemoryPlan<kCount>& p, std::size_t i,
             std::size_t j) {
  const bool together = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
  return together && p.offsets[i] < p.offsets[j] + buffers[j].bytes &&
         p.offsets[j] < p.offsets[i] + buffers[i].bytes;
}

constexpr std::size_t kTimes = 12;

// Some of size 0, some alive all the time.
std::array<Lifetime, 40> random_buffers(std::uint64_t seed) {
  std::array<Lifetime, 40> buffers{};
  const Random random{seed, 0};
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const std::size_t a = random.bits(3 * i) % kTimes, b = random.bits(3 * i + 1) % kTimes;
    buffers[i] = {random.bits(3 * i + 2) % 5000 / 2 * (i % 7 != 0), std::min(a, b), std::max(a, b)};
  }
  return buffers;
}

TEST_CASE("buffers that are alive together do not overlap") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto buffers = random_buffers(seed);
    const auto p = plan(buffers);
    std::size_t overlaps = 0;
    for (std::size_t i = 0; i < buffers.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) overlaps += overlap(buffers, p, i, j) ? 1 : 0;
    CAPTURE(seed);
    CHECK(overlaps == 0);
  }
}

TEST_CASE("every buffer starts on a cache line and ends within the plan") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto buffers = random_buffers(seed);
    const auto p = plan(buffers);
    CAPTURE(seed);
    CHECK(p.bytes % kAlignment == 0);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      CHECK(p.offsets[i] % kAlignment == 0);
      CHECK(p.offsets[i] + buffers[i].bytes <= p.bytes);
    }
  }
}

TEST_CASE("random plans stay within a third of what the busiest moment needs") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto buffers = random_buffers(seed);
    CAPTURE(seed);
    CHECK(plan(buffers).bytes >= least_bytes(buffers, kTimes));
    CHECK(plan(buffers).bytes <= least_bytes(buffers, kTimes) * 4 / 3);
  }
}

TEST_CASE("buffers that live one after another share their place") {
  constexpr auto p = plan(std::array<Lifetime, 3>{Lifetime{640, 0, 0}, {1000, 1, 1}, {64, 2, 2}});
  static_assert(p.bytes == 1024, "the plan runs in the compiler");
  CHECK(p.offsets == std::array<std::size_t, 3>{0, 0, 0});
}

TEST_CASE("a small buffer goes into the gap between two that live as long") {
  // Time 0: a, b, c; at time 1 b's place is free, d takes it.
  constexpr auto p = plan(std::array<Lifetime, 4>{Lifetime{256, 0, 1}, {192, 0, 0}, {128, 0, 1}, {64, 1, 1}});
  CHECK(p.bytes == 256 + 192 + 128);
  CHECK(p.offsets[3] == p.offsets[1]);
}

TEST_CASE("a plan of no bytes is empty") {
  CHECK(plan(std::array<Lifetime, 2>{Lifetime{0, 0, 5}, {0, 1, 2}}).bytes == 0);
  CHECK(plan(std::array<Lifetime, 0>{}).bytes == 0);
}

}  // namespace
}  // namespace diecast
