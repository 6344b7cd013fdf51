#include <diecast/data/evaluation_batches.hpp>

#include <algorithm>

namespace diecast {

std::size_t EvaluationBatches::size() const {
  const std::size_t rows = batch_size_ * seq_len_;
  return (targets() + rows - 1) / rows;
}

void EvaluationBatches::fill(std::size_t index, Batch& batch) const {
  // Windows follow one another without a gap, so a batch is one run of tokens and the same run shifted by
  // one.
  const std::size_t rows = batch_size_ * seq_len_;
  const std::size_t first = index * rows;
  const std::size_t count = std::min(rows, targets() - first);
  batch.inputs.assign(rows, Token{0});
  batch.targets.assign(rows, kIgnoredToken);
  std::ranges::copy(tokens_.subspan(first, count), batch.inputs.begin());
  std::ranges::copy(tokens_.subspan(first + 1, count), batch.targets.begin());
}

}  // namespace diecast
