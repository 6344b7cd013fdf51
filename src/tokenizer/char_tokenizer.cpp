#include <diecast/tokenizer/char_tokenizer.hpp>

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"

namespace diecast {

CharTokenizer::CharTokenizer(std::vector<std::string> entries)
    : vocabulary_(std::move(entries)), unknown_(vocabulary_.at(kUnknown)), end_(vocabulary_.at(kEndOfText)) {
  for (std::size_t code = 0; code < ascii_.size(); ++code) {
    const char character = static_cast<char>(code);
    ascii_[code] = vocabulary_.find({&character, 1}).value_or(unknown_);
  }
}

void CharTokenizer::encode(std::string_view text, std::vector<Token>& out) const {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 1)
      out.push_back(ascii_[static_cast<unsigned char>(text.front())]);
    else
      out.push_back(length == 0 ? unknown_ : vocabulary_.find(text.substr(0, length)).value_or(unknown_));
    text.remove_prefix(std::max(length, std::size_t{1}));
  }
}

}  // namespace diecast
