#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <diecast/tokenizer/char_class.hpp>

namespace diecast {

/// Of each ASCII character, what it is in a word: its lower-case letter, itself, or 0 if it ends a word.
constexpr std::array<char, 128> make_word_letters() {
  std::array<char, 128> letters{};
  for (unsigned c = 0; c < 128; ++c) {
    const auto kind = kAsciiClasses[c];
    if (kind == CharClass::letter || kind == CharClass::number || c == '\'')
      letters[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return letters;
}
inline constexpr std::array<char, 128> kWordLetters = make_word_letters();

/// Appends the character that `text` starts with to `word`, in lower case, and makes `bytes` its size in `text`; false
/// if it ends the word. It is not ASCII.
bool append_word_character(std::string_view text, std::string& word, std::size_t& bytes);

/// Calls `visit` with each word of `text`: runs of letters, digits and apostrophes in lower case, as Hugging Face's
/// normalizer Lowercase and the pattern [\p{L}\p{N}']+ give them. A word lives until `visit` returns.
template <class Visit>
void for_each_word(std::string_view text, const Visit& visit) {
  std::string word;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    // A word of small ASCII letters, as most are, is not copied.
    const auto is_itself = [&](unsigned char c) { return c < 0x80 && kWordLetters[c] == static_cast<char>(c) && c != 0; };
    while (at < text.size() && is_itself(static_cast<unsigned char>(text[at]))) ++at;
    const bool is_end = at == text.size() || (static_cast<unsigned char>(text[at]) < 0x80 &&
                                              kWordLetters[static_cast<unsigned char>(text[at])] == 0);
    if (is_end) {
      if (at > begin) visit(text.substr(begin, at - begin));
      ++at;
      continue;
    }
    word.assign(text, begin, at - begin);
    for (bool goes_on = true; goes_on && at < text.size();) {
      const auto c = static_cast<unsigned char>(text[at]);
      std::size_t bytes = 1;
      if (c < 0x80) {
        goes_on = kWordLetters[c] != 0;
        if (goes_on) word += kWordLetters[c];
      } else {
        goes_on = append_word_character(text.substr(at), word, bytes);
      }
      at += bytes;
    }
    if (!word.empty()) visit(std::string_view(word));
  }
}

}  // namespace diecast
