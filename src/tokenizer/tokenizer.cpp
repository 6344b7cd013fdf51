#include <diecast/tokenizer/tokenizer.hpp>

#include <diecast/core/error.hpp>

#include "tokenizer/unknown_token.hpp"

namespace diecast {

std::string Tokenizer::decode(std::span<const Token> tokens) const {
  std::string text;
  for (const Token token : tokens) {
    if (!text.empty()) text += separator();
    text += token_text(token);
  }
  return text;
}

void refuse_unknown_token(Token token, std::size_t vocab_size) {
  throw Error(Fault::usage, "token " + std::to_string(token) + " is not in the vocabulary", {},
              "use ids from 0 to " + std::to_string(vocab_size - 1));
}

}  // namespace diecast
