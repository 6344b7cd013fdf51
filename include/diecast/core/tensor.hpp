#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include <diecast/core/shape.hpp>

namespace diecast {

/// A row-major view whose extents are part of its type. It never owns memory.
template <class T, class S>
struct Tensor {
  using element = T;
  using shape = S;
  T* data;

  operator Tensor<const T, S>() const
    requires(!std::is_const_v<T>)
  {
    return {data};
  }

  /// The same elements under other extents.
  template <class To>
  Tensor<T, To> as() const {
    static_assert(To::size == S::size, "Tensor::as: a view may be reshaped, not resized");
    return {data};
  }

  /// Rows [first, first + kRows) of a matrix.
  template <std::size_t kRows>
  auto rows(std::size_t first) const {
    static_assert(S::rank == 2 && kRows <= S::outer, "Tensor::rows: more rows than the matrix has");
    return Tensor<T, Shape<kRows, S::inner>>{data + first * S::inner};
  }

  std::span<T, S::size> span() const { return std::span<T, S::size>(data, S::size); }
};

}  // namespace diecast
