#pragma once

#include <array>
#include <string>
#include <string_view>

#include <diecast/tokenizer/char_class.hpp>

namespace diecast {

/// Appends the letter or number of more than one byte that `character` is, in lower case.
void append_lower(std::string_view character, std::string& word);

/// What ASCII adds to a word, in lower case; 0 for what ends one.
inline constexpr std::array<char, 128> kAsciiWordBytes = [] {
  std::array<char, 128> bytes{};
  for (unsigned c = 0; c < 128; ++c) {
    const bool in_word = kAsciiClasses[c] == CharClass::letter || kAsciiClasses[c] == CharClass::number || c == '\'';
    if (in_word) bytes[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  return bytes;
}();

/// Calls `visit` with a string_view of each run of letters, numbers and apostrophes (Cut::words) in lower case, valid
/// during the call.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) visit(std::string_view(word));
    word.clear();
  };
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (byte < 0x80) {
      if (const char lower = kAsciiWordBytes[byte])
        word += lower;
      else
        finish();
    } else {
      const Character character = read_long_character(text);
      size = character.bytes;
      if (character.kind == CharClass::letter || character.kind == CharClass::number)
        append_lower(text.substr(0, size), word);
      else
        finish();
    }
    text.remove_prefix(size);
  }
  finish();
}

}  // namespace diecast
