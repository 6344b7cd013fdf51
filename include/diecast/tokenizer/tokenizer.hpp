#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/token.hpp>

namespace diecast {

/// The special token that ends a document. No text encodes to it.
inline constexpr std::string_view kEndOfText = "<|endoftext|>";

/// Text to token ids and back. Const members are thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// "bpe", "word", "char" or "byte".
  virtual std::string_view kind() const = 0;
  virtual std::size_t vocab_size() const = 0;
  /// The id that ends a document.
  virtual Token end_of_text() const = 0;

  /// Appends the tokens of `text` to `out`; never `end_of_text()`.
  virtual void encode(std::string_view text, std::vector<Token>& out) const = 0;

  /// The text of one token, as long as this tokenizer lives; of a special one its name. Throws Error(Fault::usage) for
  /// an unknown id.
  virtual std::string_view token_text(Token token) const = 0;

  /// What `decode` puts between the texts of two tokens.
  virtual std::string_view separator() const { return {}; }

  /// The text of `tokens`: what was encoded, to the byte, if `is_lossless()`. Throws as `token_text`.
  std::string decode(std::span<const Token> tokens) const;
  virtual bool is_lossless() const = 0;

  /// XXH3 of all that decides how text is encoded: tokenizers of equal hash encode alike.
  virtual std::uint64_t hash() const = 0;
};

}  // namespace diecast
