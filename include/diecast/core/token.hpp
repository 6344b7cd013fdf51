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
};

}  // namespace diecast
