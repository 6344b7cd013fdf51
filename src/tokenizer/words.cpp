#include "tokenizer/words.hpp"

#include <cstdint>

#include "core/utf8.hpp"
#include "tokenizer/lower_case.hpp"

namespace diecast {
namespace {

// The one capital whose lower case is two characters, an i and a mark, which ends the word.
constexpr std::string_view kCapitalDottedI = "\xC4\xB0";

bool is_word_class(CharClass kind) { return kind == CharClass::letter || kind == CharClass::number; }

}  // namespace

bool WordScanner::append(std::string_view character, CharClass kind) {
  const char first = character.front();
  if (character.size() == 1) {
    if (!is_word_class(kind) && first != '\'') return false;
    word_ += static_cast<char>(first >= 'A' && first <= 'Z' ? first | 0x20 : first);
    return true;
  }
  if (character == kCapitalDottedI) {
    word_ += 'i';
    return false;
  }
  const std::uint32_t code_point = utf8_code_point(character);
  const std::uint32_t lower = lower_case(code_point);
  const std::size_t before = word_.size();
  append_utf8(lower, word_);
  // A capital may be newer than the classes, and its lower-case letter older.
  if (lower != code_point) kind = read_character(std::string_view(word_).substr(before)).kind;
  if (!is_word_class(kind)) word_.resize(before);
  return is_word_class(kind);
}

}  // namespace diecast
