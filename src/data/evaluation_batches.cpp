#include <diecast/data/evaluation_batches.hpp>

#include <algorithm>
#include <span>

namespace diecast {

std::size_t EvaluationBatches::size() const {
  const std::size_t rows = options_.batch_size * options_.seq_len;
  return (targets() + rows - 1) / rows;
}

void EvaluationBatches::fill(std::size_t index, Batch& batch) const {
  // Windows follow one another without a gap, so a batch is one run of tokens and the same run shifted by
  // one.
  const std::size_t rows = options_.batch_size * options_.seq_len;
  const std::size_t first = index * rows;
  const std::size_t count = std::min(rows, targets() - first);
  batch.inputs.assign(rows, Token{0});
  batch.targets.assign(rows, kIgnoredToken);
  tokens_.copy(first, std::span(batch.inputs).first(count));
  tokens_.copy(first + 1, std::span(batch.targets).first(count));
  batch.documents.clear();
  if (!options_.attend_across) mark_documents(batch, options_.seq_len, options_.end_of_text);
}

}  // namespace diecast
