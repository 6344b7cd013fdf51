#include <diecast/tokenizer/word_tokenizer.hpp>

#include <utility>

#include "tokenizer/words.hpp"

namespace diecast {

WordTokenizer::WordTokenizer(std::vector<std::string> entries)
    : vocabulary_(std::move(entries)), unknown_(vocabulary_.at(kUnknown)), end_(vocabulary_.at(kEnd)) {}

void WordTokenizer::encode(std::string_view text, std::vector<Token>& out) const {
  for_each_word(text, [&](std::string_view word) { out.push_back(vocabulary_.find(word).value_or(unknown_)); });
}

}  // namespace diecast
