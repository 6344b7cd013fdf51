#include <diecast/train/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diecast {

Evaluator::Evaluator(Model& model, const EvaluationBatches& batches, const BpeTokenizer& tokenizer)
    : model_(model), batches_(batches) {
  for (Token token = 0; token < tokenizer.vocab_size(); ++token)
    token_bytes_.push_back(token == tokenizer.end_of_text() ? 0 : tokenizer.token_text(token).size());
}

std::optional<Evaluation> Evaluator::run(std::size_t max_batches, const std::atomic<int>& stop) {
  const std::size_t count = max_batches == 0 ? batches_.size() : std::min(max_batches, batches_.size());
  Loss total;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (stop != 0) return {};
    batches_.fill(i, batch_);
    const Loss loss = model_.loss(batch_.view());
    total.sum += loss.sum;
    total.tokens += loss.tokens;
    bytes += bytes_of_targets();
  }
  if (total.tokens == 0) return {};
  const double bits = total.sum / std::numbers::ln2;
  return Evaluation{.loss = total.mean(),
                    .perplexity = std::exp(total.mean()),
                    .bits_per_byte = bits / static_cast<double>(std::max<std::size_t>(bytes, 1)),
                    .tokens = total.tokens};
}

std::size_t Evaluator::bytes_of_targets() const {
  std::size_t bytes = 0;
  for (const Token target : batch_.targets)
    if (target != kIgnoredToken) bytes += token_bytes_[target];
  return bytes;
}

}  // namespace diecast
