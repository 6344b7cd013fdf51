#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

#include <diecast/data/token_set.hpp>

namespace diecast::testing {

/// Tokens 0, 1, 2, ...: a token is its own position.
inline std::vector<Token> counting_tokens(std::size_t size) {
  std::vector<Token> tokens(size);
  std::iota(tokens.begin(), tokens.end(), Token{0});
  return tokens;
}

}  // namespace diecast::testing
