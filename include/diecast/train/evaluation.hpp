#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <diecast/data/evaluation_batches.hpp>
#include <diecast/model/model.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

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
  Evaluator(Model& model, const EvaluationBatches& batches, const Tokenizer& tokenizer);

  /// Over the first `max_batches` batches (0: all); nothing if there is nothing to measure, or when `stop`
  /// becomes a signal meanwhile. Ends with the first batch whose loss is not finite.
  std::optional<Evaluation> run(std::size_t max_batches, const std::atomic<int>& stop);

  const EvaluationBatches& batches() const { return batches_; }
  /// The number of the last batch that was measured.
  std::size_t last_batch() const { return last_batch_; }

 private:
  double bytes_of_targets() const;

  Model& model_;
  const EvaluationBatches& batches_;
  // Of text; end-of-text has none. Where tokens do not spell the text, as unknown words do not, all have the mean that
  // the set's own text says.
  std::vector<double> token_bytes_;
  Batch batch_;
  std::size_t last_batch_ = 0;
};

}  // namespace diecast
