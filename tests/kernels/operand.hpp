#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <diecast/core/element.hpp>
#include <diecast/kernels/table.hpp>
#include <diecast/preset/active.hpp>
#include <limits>
#include <string>
#include <vector>

#include "tests/reference/splitmix.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {

/// The largest relative error of rounding to an element: half a unit in the last of 24 or 8 bits.
constexpr double rounding(Element e) { return e == Element::f32 ? 0x1p-24 : 0x1p-8; }

/// `value` as the element stores it.
inline double rounded(Element e, double value) {
  const float f = static_cast<float>(value);
  return e == Element::f32 ? f : static_cast<float>(BFloat16(f));
}

/// An array a kernel reads or writes, as doubles to the test. A cache line before and behind it tells whether
/// a kernel wrote where it must not.
class Operand {
 public:
  /// NaN in every element, until someone writes it.
  Operand(Element e, std::size_t size)
      : element_(e), size_(size), lines_((size * element_bytes(e) + sizeof(Line) - 1) / sizeof(Line) + 2) {
    std::memset(lines_.data(), 0xFF, lines_.size() * sizeof(Line));
  }
  Operand(Element e, const std::vector<double>& values) : Operand(e, values.size()) {
    for (std::size_t i = 0; i < size_; ++i) set(i, values[i]);
  }

  Element element() const { return element_; }
  std::size_t size() const { return size_; }
  void* data() { return lines_.data() + 1; }
  float* floats() { return static_cast<float*>(data()); }
  const float* floats() const { return reinterpret_cast<const float*>(lines_.data() + 1); }

  double operator[](std::size_t i) const {
    if (element_ == Element::f32) return load<float>(i);
    return load<BFloat16>(i);
  }
  void set(std::size_t i, double value) {
    if (element_ == Element::f32) {
      store(i, static_cast<float>(value));
    } else {
      store(i, BFloat16(static_cast<float>(value)));
    }
  }
  std::vector<double> values() const {
    std::vector<double> result(size_);
    for (std::size_t i = 0; i < size_; ++i) result[i] = (*this)[i];
    return result;
  }

  /// Whether only the array itself was written.
  bool guards_hold() const {
    const auto untouched = [](std::byte b) { return b == std::byte{0xFF}; };
    const std::size_t behind = size_ * element_bytes(element_);
    return std::ranges::all_of(lines_.front().bytes, untouched) &&
           std::all_of(lines_[1].bytes + behind, lines_.back().bytes + sizeof(Line), untouched);
  }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  template <class E>
  E load(std::size_t i) const {
    E value;
    std::memcpy(&value, lines_[1].bytes + i * sizeof(E), sizeof(E));
    return value;
  }
  template <class E>
  void store(std::size_t i, E value) {
    std::memcpy(lines_[1].bytes + i * sizeof(E), &value, sizeof(E));
  }

  Element element_;
  std::size_t size_;
  std::vector<Line> lines_;
};

/// Numbers in [-range, range) that the element stores exactly; a function of the arguments.
inline std::vector<double> random_values(Element e, std::size_t size, std::size_t stream, double range = 1) {
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = rounded(e, range * reference::uniform(5000 + stream, i));
  return values;
}

inline double largest(const std::vector<double>& values) {
  double most = 0;
  for (double v : values) most = std::max(most, std::abs(v));
  return most;
}

/// Checks every element: it may be `allowed(i)` from `expected[i]`, and farther where the operand's own
/// rounding takes it.
template <class Allowed>
void check_elements(const Operand& got, const std::vector<double>& expected, const Allowed& allowed) {
  REQUIRE(got.size() == expected.size());
  CHECK(got.guards_hold());
  double worst = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double bound = allowed(i) + 1.01 * rounding(got.element()) * std::abs(expected[i]);
    const double excess =
        std::abs(got[i] - expected[i]) / std::max(bound, std::numeric_limits<double>::min());
    if (excess <= worst) continue;
    at = i;
    worst = std::isnan(excess) ? std::numeric_limits<double>::infinity() : excess;
  }
  INFO("element " << at << " of " << expected.size() << " is " << got[at] << " instead of " << expected[at]);
  CHECK(worst <= 1);
}

/// Calls check(kernels) with the active preset's kernels of each target.
template <class Check>
void on_every_target(const Check& check) {
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    check(kernels_for<ActivePreset>(target));
  }
}

}  // namespace diecast
