#pragma once

#include <cstddef>
#include <utility>

#include <diecast/core/token.hpp>
#include <diecast/data/batch.hpp>
#include <diecast/data/batch_stream.hpp>
#include <diecast/data/token_set.hpp>

namespace diecast {

/// A validation set as micro-batches of windows, in order. Every token but the first is a target exactly once: the end
/// is padded with rows and positions whose target is `kIgnoredToken`.
class EvaluationBatches {
 public:
  /// Of `options`, the shape counts and whether documents are seen from others. With less than two tokens there is
  /// nothing to predict and no batch.
  EvaluationBatches(TokenSet tokens, const BatchOptions& options) : tokens_(std::move(tokens)), options_(options) {}

  /// Number of batches.
  std::size_t size() const;
  /// Targets that count in all batches together.
  std::size_t targets() const { return tokens_.size() == 0 ? 0 : tokens_.size() - 1; }
  const TokenSet& tokens() const { return tokens_; }
  /// Fills batch `index` < size().
  void fill(std::size_t index, Batch& batch) const;

 private:
  TokenSet tokens_;
  BatchOptions options_;
};

}  // namespace diecast
