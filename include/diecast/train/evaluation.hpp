#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <diecast/data/evaluation_batches.hpp>
#include <diecast/model/model.hpp>
#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// The loss over a set of tokens, in the three units people compare.
struct Evaluation {
  double loss = 0;           ///< nats per token
  double perplexity = 0;     ///< exp(loss)
  double bits_per_byte = 0;  ///< of the text that the tokens spell, so vocabularies can be compared
  std::uint64_t tokens = 0;
};

/// Measures a model on a validation set.
class Evaluator {
 public:
  /// All of these must outlive the evaluator.
  Evaluator(Model& model, const EvaluationBatches& batches, const BpeTokenizer& tokenizer);

  /// Over the first `max_batches` batches (0: all); nothing if there is nothing to measure, or when `stop`
  /// becomes a signal meanwhile.
  std::optional<Evaluation> run(std::size_t max_batches, const std::atomic<int>& stop);

 private:
  std::size_t bytes_of_targets() const;

  Model& model_;
  const EvaluationBatches& batches_;
  std::vector<std::size_t> token_bytes_;  // of text; end-of-text has none
  Batch batch_;
};

}  // namespace diecast
