#include <diecast/tokenizer/char_class.hpp>
#include <memory>
#include <string>
#include <vector>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <diecast/core/error.hpp>

#include "core/utf8.hpp"

namespace diecast {
namespace {

struct CodePointRange {
  std::uint32_t first, last;
};

// What Unicode 15 and 16 added to the letters and numbers of Unicode 14, which is PCRE2 10.42's: a PCRE2 that
// knows them gives the same classes.
constexpr CodePointRange kNewLetters[] = {
    {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3}, {0x10D4A, 0x10D65},
    {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x1123F, 0x11240}, {0x11380, 0x11389}, {0x1138B, 0x1138B},
    {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113B7}, {0x113D1, 0x113D1}, {0x113D3, 0x113D3},
    {0x11BC0, 0x11BE0}, {0x11F02, 0x11F02}, {0x11F04, 0x11F10}, {0x11F12, 0x11F33}, {0x1342F, 0x1342F},
    {0x13441, 0x13446}, {0x13460, 0x143FA}, {0x16100, 0x1611D}, {0x16D40, 0x16D6C}, {0x18CFF, 0x18CFF},
    {0x1B132, 0x1B132}, {0x1B155, 0x1B155}, {0x1DF25, 0x1DF2A}, {0x1E030, 0x1E06D}, {0x1E4D0, 0x1E4EB},
    {0x1E5D0, 0x1E5ED}, {0x1E5F0, 0x1E5F0}, {0x2B739, 0x2B739}, {0x2EBF0, 0x2EE5D}, {0x31350, 0x323AF},
};
constexpr CodePointRange kNewNumbers[] = {
    {0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9}, {0x11F50, 0x11F59}, {0x16130, 0x16139},
    {0x16D70, 0x16D79}, {0x1CCF0, 0x1CCF9}, {0x1D2C0, 0x1D2D3}, {0x1E4F0, 0x1E4F9}, {0x1E5F1, 0x1E5FA},
};

// \s in GPT-2's pattern; PCRE2's would add U+180E.
constexpr CodePointRange kSpaces[] = {
    {0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

// Behind the last letter and number of Unicode 16.
constexpr std::uint32_t kClassifiedEnd = 0x323B0;

struct FreeClassCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

// All classified code points, in order.
std::string classified_characters() {
  std::string text;
  for (std::uint32_t c = 0; c < kClassifiedEnd; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;  // surrogates
    append_utf8(c, text);
  }
  return text;
}

class ClassTable {
 public:
  ClassTable() : classes_(kClassifiedEnd, CharClass::symbol) {
    const std::string text = classified_characters();
    mark_matches(text, R"(\p{L}+)", CharClass::letter);
    mark_matches(text, R"(\p{N}+)", CharClass::number);
    for (const auto& range : kNewLetters) mark(range, CharClass::letter);
    for (const auto& range : kNewNumbers) mark(range, CharClass::number);
    for (const auto& range : kSpaces) mark(range, CharClass::space);
  }

  CharClass operator[](std::uint32_t code_point) const {
    return code_point < kClassifiedEnd ? classes_[code_point] : CharClass::symbol;
  }

 private:
  void mark(CodePointRange range, CharClass kind) {
    for (auto c = range.first; c <= range.last; ++c) classes_[c] = kind;
  }

  void mark_matches(const std::string& text, const std::string& pattern, CharClass kind) {
    const auto units = [](const std::string& s) {
      return static_cast<PCRE2_SPTR>(static_cast<const void*>(s.data()));
    };
    int error = 0;
    std::size_t position = 0;
    const std::unique_ptr<pcre2_code, FreeClassCode> code(
        pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF, &error, &position, nullptr));
    if (!code)
      throw Error(Fault::run, "cannot classify characters: PCRE2 has no Unicode", "PCRE2",
                  "install one that has");
    pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // where it is forbidden, matching takes longer
    const std::unique_ptr<pcre2_match_data, FreeClassCode> match(
        pcre2_match_data_create_from_pattern(code.get(), nullptr));
    const std::size_t* span = pcre2_get_ovector_pointer(match.get());  // of a match: begin, end
    for (std::size_t at = 0;
         pcre2_match(code.get(), units(text), text.size(), at, PCRE2_NO_UTF_CHECK, match.get(), nullptr) > 0;
         at = span[1])
      for (std::size_t i = span[0]; i < span[1];) {
        const std::string_view rest = std::string_view(text).substr(i);
        const std::size_t size = utf8_length(rest);
        classes_[utf8_code_point(rest.substr(0, size))] = kind;
        i += size;
      }
  }

  std::vector<CharClass> classes_;
};

}  // namespace

Character read_long_character(std::string_view text) {
  static const ClassTable classes;  // immutable, so threads may share it
  const std::size_t size = utf8_length(text);
  if (size == 0) return {CharClass::none, 1};
  return {classes[utf8_code_point(text.substr(0, size))], static_cast<std::uint8_t>(size)};
}

}  // namespace diecast
