#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diecast {

/// How a parameter starts. `residual` is `normal` scaled by 1/sqrt(2 n_layers), for the projections that
/// write into the residual stream (Radford et al. 2019, section 2.3).
enum class Init : std::uint8_t { zeros, ones, normal, residual };

/// One parameter tensor of the model as the world outside the templates sees it.
struct ParamRow {
  std::string name;                ///< `blocks.3.attention.qkv.weight`
  std::vector<std::size_t> shape;  ///< as trained and stored on disk
  std::size_t offset;              ///< of the first element in the flat arrays
  std::size_t stored;              ///< elements in the flat arrays, padding rows at the end included
  bool decays;                     ///< whether weight decay applies: matrices, not norms and biases
  Init init;

  /// Elements without padding rows.
  std::size_t size() const {
    std::size_t n = 1;
    for (std::size_t e : shape) n *= e;
    return n;
  }
  /// The tensor without its padding, in any of the model's flat arrays.
  template <class T>
  std::span<T> in(std::span<T> flat) const {
    return flat.subspan(offset, size());
  }
};

/// All parameters, in the order of the flat arrays; together they cover them without holes.
struct ParamTable {
  std::vector<ParamRow> rows;
  std::size_t stored = 0;  ///< length of the flat arrays

  /// Parameters of the model, padding not counted.
  std::size_t parameter_count() const {
    std::size_t n = 0;
    for (const ParamRow& row : rows) n += row.size();
    return n;
  }
  /// The row of that name, or nullptr.
  const ParamRow* find(std::string_view name) const {
    for (const ParamRow& row : rows)
      if (row.name == name) return &row;
    return nullptr;
  }
};

}  // namespace diecast
