#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/tokenizer/pretokenizer.hpp>

using namespace diecast;

namespace {

using Pieces = std::vector<std::string>;

Pieces pieces(const std::string& text) {
  Pieces result;
  for_each_piece(text, [&](std::string_view piece) { result.emplace_back(piece); });
  return result;
}

}  // namespace

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
