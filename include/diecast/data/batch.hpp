#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <diecast/core/token.hpp>

namespace diecast {

/// One micro-batch, row-major (B, T), that owns its memory. Whoever fills it sets its size.
struct Batch {
  std::vector<Token> inputs;
  std::vector<Token> targets;
  std::vector<std::uint32_t> documents;  ///< as in TokenBatch

  TokenBatch view() const { return {inputs, targets, documents}; }
};

/// Sets the documents of a batch whose rows of `seq_len` inputs are filled: one begins with each row and with each
/// `end_of_text`, which is what generation begins a document with.
void mark_documents(Batch& batch, std::size_t seq_len, Token end_of_text);

}  // namespace diecast
