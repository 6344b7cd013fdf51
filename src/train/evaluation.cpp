#include <diecast/train/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diecast {

Evaluator::Evaluator(Model& model, const EvaluationBatches& batches, const Tokenizer& tokenizer)
    : model_(model), batches_(batches) {
  const TokenSet& tokens = batches.tokens();
  const std::uint64_t text_bytes = tokenizer.is_lossless() ? 0 : tokens.text_bytes();
  const double mean = static_cast<double>(text_bytes) / static_cast<double>(std::max<std::uint64_t>(tokens.size(), 1));
  for (Token token = 0; token < tokenizer.vocab_size(); ++token) {
    const auto spelt = token == tokenizer.end_of_text() ? 0 : tokenizer.token_text(token).size();
    token_bytes_.push_back(text_bytes > 0 ? mean : static_cast<double>(spelt));
  }
}

std::optional<Evaluation> Evaluator::run(std::size_t max_batches, const std::atomic<int>& stop) {
  const std::size_t count = max_batches == 0 ? batches_.size() : std::min(max_batches, batches_.size());
  Loss total;
  double bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (stop != 0) return {};
    batches_.fill(i, batch_);
    const Loss loss = model_.loss(batch_.view());
    total.sum += loss.sum;
    total.tokens += loss.tokens;
    bytes += bytes_of_targets();
    last_batch_ = i;
    if (!std::isfinite(loss.sum)) break;
  }
  if (total.tokens == 0) return {};
  const double bits = total.sum / std::numbers::ln2;
  return Evaluation{.loss = total.mean(),
                    .perplexity = std::exp(total.mean()),
                    .bits_per_byte = bits / std::max(bytes, 1.0),
                    .tokens = total.tokens};
}

double Evaluator::bytes_of_targets() const {
  double bytes = 0;
  for (const Token target : batch_.targets)
    if (target != kIgnoredToken) bytes += token_bytes_[target];
  return bytes;
}

}  // namespace diecast
