#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace diecast {

/// A name as a template argument.
template <std::size_t kSize>
struct FixedString {
  char text[kSize]{};

  consteval FixedString(const char (&literal)[kSize]) { std::copy_n(literal, kSize, text); }
  constexpr operator std::string_view() const { return {text, kSize - 1}; }
};

}  // namespace diecast
