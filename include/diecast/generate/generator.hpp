#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <diecast/core/token.hpp>
#include <diecast/generate/sampler.hpp>
#include <diecast/model/model.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// Continues a prompt, a token at a time.
class Generator {
 public:
  /// Called with the bytes of each new token; a token may end within a UTF-8 character. False ends the generation.
  using Sink = std::function<bool(std::string_view bytes)>;

  /// `context` is the preset's seq_len. The decoder and the tokenizer must outlive the generator.
  Generator(Decoder& decoder, const Tokenizer& tokenizer, std::size_t context)
      : decoder_(decoder), tokenizer_(tokenizer), context_(context) {}

  /// Up to `max_tokens` tokens after `prompt`, which is taken as the start of a document; ends earlier when
  /// the document or the sink does. Of a prompt longer than the context its end counts. Returns the number of tokens.
  std::size_t generate(std::string_view prompt, std::size_t max_tokens, const Sampling& sampling,
                       const Sink& sink);

 private:
  // Feeds the last `count` tokens of the text to an empty decoder; returns the logits of the next one.
  std::span<const float> feed_last(std::size_t count);

  Decoder& decoder_;
  const Tokenizer& tokenizer_;
  std::size_t context_;
  std::vector<Token> text_;
};

}  // namespace diecast
