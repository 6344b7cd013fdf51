#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace diecast {

/// What GPT-2's pattern tells apart.
enum class CharClass : std::uint8_t {
  symbol,  ///< everything else, unassigned code points too
  letter,
  number,
  space,  ///< Unicode's White_Space
  none,   ///< no UTF-8
};

/// A character at the start of some text.
struct Character {
  CharClass kind;
  std::uint8_t bytes;  ///< 1 for a byte that is not UTF-8
};

/// The classes of ASCII.
constexpr std::array<CharClass, 128> make_ascii_classes() {
  std::array<CharClass, 128> classes{};
  for (unsigned c = 0; c < 128; ++c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) classes[c] = CharClass::letter;
    if (c >= '0' && c <= '9') classes[c] = CharClass::number;
    if (c == ' ' || (c >= '\t' && c <= '\r')) classes[c] = CharClass::space;
  }
  return classes;
}
inline constexpr std::array<CharClass, 128> kAsciiClasses = make_ascii_classes();

/// The first character of `text`, which is not empty and does not start with ASCII. Letters and numbers are
/// those of Unicode 16, as in Hugging Face's tokenizers 0.23. Thread-safe.
Character read_long_character(std::string_view text);

/// The same for any text that is not empty.
inline Character read_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  return byte < 0x80 ? Character{kAsciiClasses[byte], 1} : read_long_character(text);
}

}  // namespace diecast
