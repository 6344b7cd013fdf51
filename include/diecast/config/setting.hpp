#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace diecast {

/// What a setting's value may be: the words of `choices`, or a number between two bounds.
struct Rule {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_excluded = false;
  bool high_excluded = false;
  std::vector<std::string> choices{};

  bool allows(double x) const {
    return std::isfinite(x) && (low_excluded ? x > low : x >= low) && (high_excluded ? x < high : x <= high);
  }
};

/// x >= low
inline Rule at_least(double low) { return {.low = low}; }
/// x > low
inline Rule above(double low) { return {.low = low, .low_excluded = true}; }
/// low <= x <= high
inline Rule between(double low, double high) { return {.low = low, .high = high}; }
/// low <= x < high
inline Rule from_below(double low, double high) { return {.low = low, .high = high, .high_excluded = true}; }
/// One of these words.
inline Rule one_of(std::vector<std::string> words) { return {.choices = std::move(words)}; }

/// One key of the configuration: its value, one line of help, what it may be, and who set it.
template <class T>
struct Setting {
  T value;
  std::string_view help;
  Rule rule = std::is_unsigned_v<T> ? at_least(0) : Rule{};  ///< any finite number, unless it says more
  std::string where = "default";  ///< `file:line:column`, `--set section.key` or `default`

  operator const T&() const { return value; }
};

}  // namespace diecast
