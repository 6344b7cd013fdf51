#include "tokenizer/words.hpp"

#include "core/utf8.hpp"
#include "tokenizer/lower_case.hpp"

namespace diecast {
namespace {

// The one capital whose lower case is two characters, of which the second is a mark and ends the word.
constexpr std::string_view kCapitalDottedI = "\xC4\xB0";

}  // namespace

bool append_word_character(std::string_view text, std::string& word, std::size_t& bytes) {
  bytes = utf8_length(text);
  if (bytes == 0) {
    bytes = 1;
    return false;
  }
  if (text.starts_with(kCapitalDottedI)) {
    word += 'i';
    return false;
  }
  const std::size_t before = word.size();
  append_utf8(lower_case(utf8_code_point(text.substr(0, bytes))), word);
  const CharClass kind = read_character(std::string_view(word).substr(before)).kind;
  if (kind == CharClass::letter || kind == CharClass::number) return true;
  word.resize(before);
  return false;
}

}  // namespace diecast
