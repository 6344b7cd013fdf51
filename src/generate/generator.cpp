#include <diecast/generate/generator.hpp>

#include <algorithm>

namespace diecast {

std::size_t Generator::generate(std::string_view prompt, std::size_t max_tokens, const Sampling& sampling,
                                const Sink& sink) {
  text_.assign(1, tokenizer_.end_of_text());
  tokenizer_.encode(prompt, text_);
  Sampler sampler(sampling);
  std::span<const float> logits = feed_last(std::min(text_.size(), context_));
  for (std::size_t made = 0; made < max_tokens; ++made) {
    // The vocabulary may be smaller than the preset's: nothing was ever trained beyond it.
    const Token token = sampler.choose(logits.first(std::min(logits.size(), tokenizer_.vocab_size())), made);
    if (token == tokenizer_.end_of_text()) return made;
    text_.push_back(token);
    const std::string_view separator = tokenizer_.separator();  // the prompt stands before the first
    if ((!separator.empty() && !sink(separator)) || !sink(tokenizer_.token_text(token))) return made + 1;
    // A full cache is refilled with the later half of the context, so that room is left to go on.
    logits = decoder_.position() < context_ ? decoder_.next(token) : feed_last((context_ + 1) / 2);
  }
  return max_tokens;
}

std::span<const float> Generator::feed_last(std::size_t count) {
  decoder_.reset();
  std::span<const float> logits;
  for (std::size_t i = text_.size() - count; i < text_.size(); ++i) logits = decoder_.next(text_[i]);
  return logits;
}

}  // namespace diecast
