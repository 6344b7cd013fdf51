#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <diecast/core/element.hpp>
#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/reference/splitmix.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {

using Kernels = KernelTable<ActivePreset>;
inline constexpr const KernelShapes& kShapes = Kernels::shapes;

/// Calls body with a null pointer to the element's C++ type.
template <class Body>
auto with_type(Element e, const Body& body) {
  switch (e) {
    case Element::f32: return body(static_cast<float*>(nullptr));
    case Element::bf16: return body(static_cast<BFloat16*>(nullptr));
    case Element::f16: return body(static_cast<Float16*>(nullptr));
  }
  throw std::invalid_argument("with_type: not an element");
}

/// The largest error of rounding `value` to an element: half a unit in the last of 24, 8 or 11 bits. Subnormal halves
/// are 2^-24 apart.
inline double rounding(Element e, double value) {
  if (e == Element::f16) return std::max(0x1p-11 * std::abs(value), 0x1p-25);
  return (e == Element::f32 ? 0x1p-24 : 0x1p-8) * std::abs(value);
}

/// `value` as the element stores it.
inline double rounded(Element e, double value) {
  return with_type(e, [=]<class E>(E*) -> double { return static_cast<float>(E(static_cast<float>(value))); });
}

/// An array a kernel reads or writes, as doubles to the test. A cache line before and behind it tells whether
/// a kernel wrote where it must not.
class Operand {
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
    return with_type(element_, [&]<class E>(E*) -> double { return load<E>(i); });
  }
  void set(std::size_t i, double value) {
    with_type(element_, [&]<class E>(E*) { store(i, E(static_cast<float>(value))); });
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
    const double bound = allowed(i) + 1.01 * rounding(got.element(), expected[i]);
    const double excess =
        std::abs(got[i] - expected[i]) / std::max(bound, std::numeric_limits<double>::min());
    if (excess <= worst) continue;
    at = i;
    worst = std::isnan(excess) ? std::numeric_limits<double>::infinity() : excess;
  }
  INFO("element " << at << " of " << expected.size() << " is " << got[at] << " instead of " << expected[at]);
  CHECK(worst <= 1);
}

/// For check_elements: the same for every element.
inline auto within(double tolerance) {
  return [=](std::size_t) { return tolerance; };
}

/// Calls check(kernels) with the active preset's kernels of each target.
template <class Check>
void on_every_target(const Check& check) {
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    check(kernels_for<ActivePreset>(target));
  }
}

/// Runs a kernel's tasks, the last one first: they do not depend on one another.
template <class Kernel, class Args>
void run_all(const Kernel& kernel, const Args& args, std::size_t tasks) {
  while (tasks-- > 0) kernel(args, tasks);
}

}  // namespace diecast
