#include "tokenizer/words.hpp"

#include <locale.h>
#include <wctype.h>

#include <cstdint>
#include <diecast/core/error.hpp>

#include "core/utf8.hpp"

namespace diecast {
namespace {

constexpr std::uint32_t kDottedCapitalI = 0x130;

// Never freed: a tokenizer may be used until the process ends.
locale_t unicode_locale() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr)
    throw Error(Fault::run, "cannot write words in lower case: the locale C.UTF-8 is missing",
                "the C library", "install it, on Debian with the package libc-bin");
  return locale;
}

// Appends a letter or number of several bytes in lower case.
void append_lower(std::string_view character, std::string& word) {
  static const locale_t locale = unicode_locale();
  const std::uint32_t code_point = utf8_code_point(character);
  if (code_point == kDottedCapitalI)
    word += "i\u0307";  // the one letter whose lower case is two characters
  else
    append_utf8(towlower_l(code_point, locale), word);
}

}  // namespace

bool WordScanner::append(std::string_view character, CharClass kind) {
  const char first = character.front();
  if (kind != CharClass::letter && kind != CharClass::number && first != '\'') return false;
  if (character.size() > 1)
    append_lower(character, word_);
  else
    word_ += static_cast<char>(first >= 'A' && first <= 'Z' ? first | 0x20 : first);
  return true;
}

}  // namespace diecast
