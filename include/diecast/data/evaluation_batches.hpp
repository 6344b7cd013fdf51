#pragma once

#include <cstddef>
#include <span>

#include <diecast/core/token.hpp>
#include <diecast/data/batch.hpp>

namespace diecast {

/// A validation set as micro-batches, in order. Every token but the first is a target exactly once: the end
/// is padded with rows and positions whose target is `kIgnoredToken`.
class EvaluationBatches {
 public:
  /// `tokens` must outlive this. With less than two tokens there is nothing to predict and no batch.
  EvaluationBatches(std::span<const Token> tokens, std::size_t seq_len, std::size_t batch_size)
      : tokens_(tokens), seq_len_(seq_len), batch_size_(batch_size) {}

  /// Number of batches.
  std::size_t size() const;
  /// Targets that count in all batches together.
  std::size_t targets() const { return tokens_.empty() ? 0 : tokens_.size() - 1; }
  /// Fills batch `index` < size().
  void fill(std::size_t index, Batch& batch) const;

 private:
  std::span<const Token> tokens_;
  std::size_t seq_len_, batch_size_;
};

}  // namespace diecast
