#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <diecast/tokenizer/char_class.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>

#include "core/utf8.hpp"

using namespace diecast;

namespace {

using Pieces = std::vector<std::string>;

Pieces pieces(const std::string& text) {
  Pieces result;
  for_each_piece(text, [&](std::string_view piece) { result.emplace_back(piece); });
  return result;
}

// The pattern itself, by a regular expression library: the definition of what for_each_piece does.
class Oracle {
 public:
  explicit Oracle(const std::string& pattern) {
    int error = 0;
    std::size_t position = 0;
    code_.reset(pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF,
                              &error, &position, nullptr));
    REQUIRE(code_);
    // The interpreter would check the rest of the text for each piece, in quadratic time.
    REQUIRE(pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE) == 0);
    match_.reset(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
  }

  Pieces pieces(std::string_view text) const {
    Pieces result;
    const std::size_t* span = pcre2_get_ovector_pointer(match_.get());
    for (std::size_t end = 0; end < text.size();) {
      const bool found =
          pcre2_jit_match(code_.get(), units(text), text.size(), end, 0, match_.get(), nullptr) > 0;
      const std::size_t next = found ? span[0] : text.size();
      if (next > end) result.emplace_back(text.substr(end, next - end));  // not UTF-8
      if (!found) break;
      end = span[1];
      result.emplace_back(text.substr(next, end - next));
    }
    return result;
  }

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
  };

  static PCRE2_SPTR units(std::string_view text) {
    return static_cast<PCRE2_SPTR>(static_cast<const void*>(text.data()));
  }

  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_data, Free> match_;
};

// PCRE2's \s would add U+180E.
Oracle gpt2_oracle() {
  const std::string white = R"(\p{Z}\t-\r\x{85})";
  return Oracle(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{L}\p{N})" + white + "]+|[" + white +
                "]+(?![^" + white + "])|[" + white + "]+");
}

std::string random_text(std::mt19937& random, const Pieces& parts, std::size_t max_parts) {
  std::string text;
  for (auto n = random() % (max_parts + 1); n > 0; --n) text += parts[random() % parts.size()];
  return text;
}

}  // namespace

TEST_CASE("pieces are those of GPT-2's pattern") {
  const Oracle oracle = gpt2_oracle();
  const Pieces ascii{"a",  "Word", "longer", "1", "20", "'",  "'s", "'re", "'ll", "'ve", "'t",
                     "'v", " ",    " ",      " ", "  ", "\n", "\t", ".",   "!?",  "-",   std::string(1, '\0'),
                     "s",  "\r\n"};
  Pieces all = ascii;
  all.insert(all.end(), {"é",    "ß",        "日本",         "א",      "٣",      "½",      "Ⅷ",      "。",
                         "😀",    "\u0301",   "\u200D",       "\u3000", "\u00A0", "\u0085", "\u180E", "\u2028",
                         "\xFF", "\xE6\x97", "\xED\xA0\x80", "\x80",   "𝒳",      "𐍈",      "’"});
  std::mt19937 random(1);
  for (int i = 0; i < 6000; ++i) {
    // ASCII in blocks, and blocks that end early; long ones and short ones.
    const auto text = random_text(random, i % 2 == 0 ? ascii : all, i % 3 == 0 ? 12 : 90);
    CAPTURE(text);
    REQUIRE(pieces(text) == oracle.pieces(text));
  }
}

TEST_CASE("every code point that PCRE2 knows has its class, next to each of the others") {
  const Oracle oracle = gpt2_oracle(), unassigned(R"(\p{Cn})");
  std::string text;
  for (std::uint32_t c = 0; c < 0x110000; c += c < 0x33000 ? 1 : 253) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string character;
    append_utf8(c, character);
    // Those that Unicode 15 and 16 added have no class in PCRE2 10.42.
    if (c >= 0x323B0 || read_character(character).kind == CharClass::symbol ||
        unassigned.pieces(character).size() != 1)
      text += "a" + character + "1" + character + "! " + character + " ";
  }
  CHECK(pieces(text) == oracle.pieces(text));
}

TEST_CASE("letters and numbers of Unicode 16 are such") {
  CHECK(pieces("a\U00010D4A\u1C89\U000323AF\U0002EBF0") == Pieces{"a\U00010D4A\u1C89\U000323AF\U0002EBF0"});
  CHECK(pieces("1\U00010D40\U0001E5FA") == Pieces{"1\U00010D40\U0001E5FA"});
  CHECK(pieces("a\U000323B0") == Pieces{"a", "\U000323B0"});
}

TEST_CASE("a text of no bytes has no pieces") { CHECK(pieces("").empty()); }

TEST_CASE("a word keeps the one space before it") {
  CHECK(pieces("Hello world") == Pieces{"Hello", " world"});
  CHECK(pieces(" a  b") == Pieces{" a", " ", " b"});
}

TEST_CASE("lower-case contractions are cut off, others fall apart") {
  CHECK(pieces("I'm sure they've, we'll, it's, don't, you're, he'd") ==
        Pieces{"I",  "'m", " sure", " they", "'ve", ",",    " we", "'ll", ",",   " it",
               "'s", ",",  " don",  "'t",    ",",   " you", "'re", ",",   " he", "'d"});
  CHECK(pieces("IT'S") == Pieces{"IT", "'", "S"});
  CHECK(pieces("it’s") == Pieces{"it", "’", "s"});
}

TEST_CASE("letters, numbers and everything else never share a piece") {
  CHECK(pieces("year2024!?(x)") == Pieces{"year", "2024", "!?(", "x", ")"});
  CHECK(pieces("日本語ですか。はい ½Ⅷ") == Pieces{"日本語ですか", "。", "はい", " ½Ⅷ"});
  CHECK(pieces("naïve😀😀 e\u0301") == Pieces{"naïve", "😀😀", " e", "\u0301"});
}

TEST_CASE("a run of white space leaves its last character to what follows") {
  CHECK(pieces("a\n\n\nb") == Pieces{"a", "\n\n", "\n", "b"});
  CHECK(pieces("a \t\n") == Pieces{"a", " \t\n"});
  CHECK(pieces("a\u3000\u0085b") == Pieces{"a", "\u3000", "\u0085", "b"});
}

TEST_CASE("the Mongolian vowel separator is not white space") {
  CHECK(pieces("!\u180E!") == Pieces{"!\u180E!"});
}

TEST_CASE("bytes that are not UTF-8 are pieces of their own") {
  CHECK(pieces("\xFF") == Pieces{"\xFF"});
  CHECK(pieces("ab\xFF\xFE"
               "cd") == Pieces{"ab", "\xFF\xFE", "cd"});
  CHECK(pieces("日\xE6\x97") == Pieces{"日", "\xE6\x97"});  // cut short
  CHECK(pieces("a\xED\xA0\x80"
               "b") == Pieces{"a", "\xED\xA0\x80", "b"});  // a surrogate
}

TEST_CASE("a zero byte is a symbol like any other") {
  CHECK(pieces(std::string("a\0b", 3)) == Pieces{"a", std::string("\0", 1), "b"});
}

TEST_CASE("a piece can be as long as the text") {
  for (const char byte : {'a', '1', '!', '\n', '\xFF'}) {
    CAPTURE(byte);
    const std::string text(1'000'000, byte);
    CHECK(pieces(text) == Pieces{text});
  }
}
