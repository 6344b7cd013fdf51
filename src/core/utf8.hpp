#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace diecast {

/// Bytes of the UTF-8 character that `text` starts with; 0 if it starts with none (The Unicode Standard 15.0,
/// table 3-7: no overlong forms, surrogates or values above U+10FFFF).
constexpr std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return text.empty() ? 0 : 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool shortest = lead != 0xE0 || byte(1) >= 0xA0;
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    return continues(1) && continues(2) && shortest && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool shortest = lead != 0xF0 || byte(1) >= 0x90;
    const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
    return continues(1) && continues(2) && continues(3) && shortest && !too_large ? 4 : 0;
  }
  return 0;
}

constexpr bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// The code point of `character`, which is one of UTF-8.
constexpr std::uint32_t utf8_code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(character[i])}; };
  if (character.size() == 1) return byte(0);
  std::uint32_t code_point = byte(0) & (0x7Fu >> character.size());
  for (std::size_t i = 1; i < character.size(); ++i) code_point = code_point << 6 | (byte(i) & 0x3F);
  return code_point;
}

/// Appends the UTF-8 of a code point that is no surrogate and at most U+10FFFF.
inline void append_utf8(std::uint32_t code_point, std::string& text) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80)
    text += static_cast<char>(code_point);
  else if (code_point < 0x800)
    text += {static_cast<char>(0xC0 | code_point >> 6), tail(0)};
  else if (code_point < 0x10000)
    text += {static_cast<char>(0xE0 | code_point >> 12), tail(6), tail(0)};
  else
    text += {static_cast<char>(0xF0 | code_point >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace diecast
