#include <doctest/doctest.h>

#include <diecast/core/random.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/document_readers.hpp"
#include "core/utf8.hpp"
#include "tests/memory_bytes.hpp"

using namespace diecast;
using diecast::testing::MemoryBytes;

namespace {

using Strings = std::vector<std::string>;

struct Given {
  Strings texts, names;
  CorpusCounts counts;
};

Given split(const std::string& text, TextOptions options) {
  Given given;
  const auto stream = open_text(std::make_unique<MemoryBytes>(text), "f", std::move(options), given.counts);
  for (Document document; stream->next(document);) {
    given.texts.push_back(document.text);
    given.names.push_back(document.name);
  }
  return given;
}

Strings by_blank_lines(const std::string& text, std::size_t max_part = 1000) {
  return split(text, {.split = TextSplit::blank_lines, .separator = {}, .max_part = max_part}).texts;
}

Strings by_separator(const std::string& text, const std::string& separator, std::size_t max_part = 1000) {
  return split(text, {.split = TextSplit::separator, .separator = separator, .max_part = max_part}).texts;
}

std::string joined(const Strings& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

}  // namespace

TEST_CASE("a text that is not split is given byte for byte, and not at all if it is empty") {
  CHECK(split("\r\n a\n\n\nb \n", {}).texts == Strings{"\r\n a\n\n\nb \n"});
  CHECK(split("", {}).texts.empty());
}

TEST_CASE("blank lines divide a text, however they are made of blanks and line ends") {
  CHECK(by_blank_lines("a\nb\n\nc") == Strings{"a\nb", "c"});
  CHECK(by_blank_lines("a\r\nb\r\n\r\nc\r\n") == Strings{"a\r\nb", "c"});
  CHECK(by_blank_lines("\n\n  \n  a \n \t\n\n\n  b\n \n") == Strings{"  a ", "  b"});
  CHECK(by_blank_lines("a\n   ") == Strings{"a"});
  CHECK(by_blank_lines("a\n \t\r\nb\n.\n") == Strings{"a", "b\n."});
  CHECK(by_blank_lines(" \n\n\r\n").empty());
  CHECK(by_blank_lines("   ").empty());
}

TEST_CASE("a separator divides a text, with the line ends beside it and without") {
  CHECK(by_separator("a<|x|>b<|x|>", "<|x|>") == Strings{"a", "b"});
  CHECK(by_separator("a\n<|x|>\nb\n\nc\r\n<|x|>\r\n", "<|x|>") == Strings{"a", "b\n\nc"});
  CHECK(by_separator("<|x|><|x|>\n<|x|> a <|x|", "<|x|>") == Strings{" a <|x|"});
  CHECK(by_separator("aabaaab", "aab") == Strings{"a"});
  CHECK(by_separator("\n\n", "%").empty());
}

TEST_CASE("documents are the same wherever a buffer ends") {
  const Random random{.seed = 4, .stream = 0};
  // Letters of which separators and blank lines come up in every position.
  const std::string letters = "ab\n\r -";
  for (std::uint64_t round = 0; round < 200; ++round) {
    std::string text;
    for (std::uint64_t i = 0; i < 120; ++i) text += letters[random.bits(round * 1000 + i) % letters.size()];
    CAPTURE(text);
    // No document is that long, so that none is given in parts.
    for (const std::size_t buffer : {121, 125, 150}) {
      CHECK(by_blank_lines(text, buffer) == by_blank_lines(text, 100'000));
      CHECK(by_separator(text, "--", buffer) == by_separator(text, "--", 100'000));
    }
    std::string twice = text + "\n\n" + text + "\n\n" + text;
    CHECK(by_blank_lines(twice, 122) == by_blank_lines(twice, 100'000));
    CHECK(by_separator(twice, "- ", 364) == by_separator(twice, "- ", 100'000));
  }
}

TEST_CASE("a document that is too long is given in parts of whole lines, or else of whole characters") {
  const std::string lines = "one\ntwo\nthree\nfour\nfive\n";
  CHECK(split(lines, {.split = TextSplit::file, .separator = {}, .max_part = 10}).texts ==
        Strings{"one\ntwo\n", "three\n", "four\nfive\n"});
  std::string characters;
  for (std::size_t i = 0; i < 50; ++i)
    characters += i % 3 == 0 ? "\xE2\x82\xAC" : i % 3 == 1 ? "\xF0\x9F\x8E\xB2" : "x";
  for (const std::size_t most : {5, 6, 7, 8, 9, 23, 64}) {
    CAPTURE(most);
    const Given given = split(characters, {.split = TextSplit::file, .separator = {}, .max_part = most});
    CHECK(joined(given.texts) == characters);
    for (const std::string& part : given.texts) {
      CHECK(part.size() <= most);
      CHECK(is_utf8(part));
    }
    CHECK(given.counts.not_utf8 == 0);
    CHECK(joined(by_separator(characters + "%%" + characters, "%%", most)) == characters + characters);
  }
}

TEST_CASE("parts of bytes that are no characters are as long as they may be") {
  const std::string bytes(100, '\x80');
  const Given given = split(bytes, {.split = TextSplit::file, .separator = {}, .max_part = 40});
  CHECK(joined(given.texts) == bytes);
  CHECK(given.texts.size() == 3);
  CHECK(given.counts.not_utf8 == 1);
  CHECK(given.counts.first_not_utf8 == "f");
}

TEST_CASE("documents are named by the line they begin at") {
  CHECK(split("a", {}).names == Strings{"f"});
  CHECK(split("a\nb\n\n\nc\n\nd", {.split = TextSplit::blank_lines}).names == Strings{"f", "f:5", "f:7"});
  CHECK(split("a\n%\nb%\n\nc", {.split = TextSplit::separator, .separator = "%"}).names ==
        Strings{"f", "f:3", "f:5"});
}
