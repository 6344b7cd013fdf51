#pragma once

#include <cstdint>
#include <span>

namespace diecast {

/// The id of a vocabulary entry.
using Token = std::uint32_t;

/// A target that takes no part in the loss (padding).
inline constexpr Token kIgnoredToken = 0xFFFFFFFFu;

/// One micro-batch as the model reads it: row-major (B, T). `targets[i]` is the token after `inputs[i]`.
struct TokenBatch {
  std::span<const Token> inputs;
  std::span<const Token> targets;
  /// Lengths of the documents in order, which attend to themselves alone. They add up to the batch, and each sequence
  /// is cut into whole ones; empty: each sequence is one.
  std::span<const std::uint32_t> documents = {};
};

}  // namespace diecast
