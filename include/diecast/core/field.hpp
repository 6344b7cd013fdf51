#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

#include <diecast/core/fixed_string.hpp>
#include <diecast/core/shape.hpp>

namespace diecast {

/// Every tensor in the arena starts on a cache line.
inline constexpr std::size_t kAlignment = 64;

constexpr std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// A named tensor in a block of memory.
template <FixedString kName, class E, class S>
struct Field {
  using element = E;
  using shape = S;
  static constexpr FixedString name = kName;
  static constexpr std::size_t bytes = round_up(S::size * sizeof(E), kAlignment);
};

/// Named tensors one after another; offsets are compile-time values.
template <class... Fields>
struct FieldList {
  static constexpr auto all = boost::hana::tuple_t<Fields...>;
  static constexpr std::size_t bytes = (Fields::bytes + ... + std::size_t{0});

  /// Position of the field called kName; does not compile when there is none.
  template <FixedString kName>
  static consteval std::size_t index() {
    constexpr std::array<bool, sizeof...(Fields) + 1> match{
        (std::string_view(Fields::name) == std::string_view(kName))..., true};
    std::size_t i = 0;
    while (!match[i]) ++i;
    if (i == sizeof...(Fields)) throw "FieldList: no field has this name";
    return i;
  }
  /// Bytes before field number `i`.
  static constexpr std::size_t offset(std::size_t i) {
    constexpr std::array<std::size_t, sizeof...(Fields) + 1> sizes{Fields::bytes..., 0};
    std::size_t sum = 0;
    for (std::size_t f = 0; f < i; ++f) sum += sizes[f];
    return sum;
  }
  template <FixedString kName>
  using at = typename decltype(+boost::hana::at_c<index<kName>()>(all))::type;
};

}  // namespace diecast
