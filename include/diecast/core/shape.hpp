#pragma once

#include <array>
#include <cstddef>

namespace diecast {

/// The extents of a tensor as a type, outermost first.
template <std::size_t... kExtents>
struct Shape {
  static_assert(((kExtents > 0) && ...), "Shape: every extent must be positive");
  static constexpr std::size_t rank = sizeof...(kExtents);
  static constexpr std::array<std::size_t, rank> extents{kExtents...};
  static constexpr std::size_t size = (kExtents * ... * std::size_t{1});
  static constexpr std::size_t inner = extents[rank - 1];   ///< length of a row
  static constexpr std::size_t outer = size / inner;        ///< number of rows
};

}  // namespace diecast
