#pragma once

#include <vector>

#include <diecast/core/token.hpp>

namespace diecast {

/// One micro-batch, row-major (B, T), that owns its memory. Whoever fills it sets its size.
struct Batch {
  std::vector<Token> inputs;
  std::vector<Token> targets;

  TokenBatch view() const { return {inputs, targets}; }
};

}  // namespace diecast
