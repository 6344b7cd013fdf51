#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <diecast/data/stories.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace diecast;

namespace {

std::vector<std::string> tell(std::uint64_t seed, std::size_t count) {
  std::vector<std::string> stories;
  for (std::size_t i = 0; i < count; ++i) stories.push_back(story(seed, i));
  return stories;
}

// FNV-1a, 64 bits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001B3u;
  return h;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// Lower-cased. `gaps[i]` is what stands between word i and the word before it.
struct Words {
  std::vector<std::string> words;
  std::vector<std::string> gaps;
};

Words split(std::string_view text) {
  Words out;
  std::string gap;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      gap += text[i++];
      continue;
    }
    std::string word;
    for (; i < text.size() && (is_letter(text[i]) || text[i] == '\''); ++i)
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    out.words.push_back(word);
    out.gaps.push_back(gap);
    gap.clear();
  }
  return out;
}

std::vector<std::string> sentences(const std::string& text) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    if (!stop) continue;
    out.push_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  return out;
}

// Words that sound otherwise than they are spelled.
bool wants_an(const std::string& word) {
  if (word.starts_with("one") || word.starts_with("uni") || word.starts_with("use")) return false;
  if (word.starts_with("hour") || word.starts_with("honest")) return true;
  return std::string_view("aeiou").find(word[0]) != std::string_view::npos;
}

// The first thing that is wrong with a story, or nothing.
std::string flaw(const std::string& text) {
  for (const char* bad :
       {"  ", " ,", " .", " !", " ?", ",,", "..", ".,", "?,", "!,", "\"\"", "\n\n\n", " \n", "\n "})
    if (text.find(bad) != text.npos) return bad;
  const auto marker = text.find_first_of("[]{}<>|%~^/");
  if (marker != text.npos) return text.substr(marker, 20);
  const auto [words, gaps] = split(text);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (gaps[i] != " ") continue;
    if (words[i] == words[i - 1]) return words[i - 1] + " " + words[i];
    if ((words[i - 1] == "a" && wants_an(words[i])) || (words[i - 1] == "an" && !wants_an(words[i])))
      return words[i - 1] + " " + words[i];
  }
  for (std::size_t i = 0; i + 2 < text.size(); ++i)
    if (text[i] == '.' && std::islower(static_cast<unsigned char>(text[i + 2]))) return text.substr(i, 20);
  return {};
}

}  // namespace

TEST_CASE("a story is the same on every machine and with every compiler") {
  CHECK(hash_of(story(0, 0)) == 0xF1E50E003ABA1005u);
  CHECK(hash_of(story(1, 0)) == 0x10E208E105BE6F29u);
  CHECK(hash_of(story(42, 7)) == 0xB5C3634E064F912Du);
  CHECK(hash_of(story(42, 1'000'000'007)) == 0x62389E8EF99767F8u);
  CHECK(hash_of(story(~std::uint64_t{0}, ~std::uint64_t{0})) == 0xA3CAA6D14F06D5FFu);
}

TEST_CASE("another seed is another corpus") {
  const auto one = tell(1, 100);
  const auto two = tell(2, 100);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(std::ranges::find(two, one[i]) == two.end());
}

TEST_CASE(
    "a story has 60 to 220 words in two to four paragraphs, in ASCII, and ends with its last sentence") {
  for (const std::string& text : tell(3, 4000)) {
    CAPTURE(text);
    const auto blanks = static_cast<std::size_t>(std::ranges::count(text, ' '));
    const std::size_t paragraphs = 1 + count(text, "\n\n");
    const std::size_t words = blanks + paragraphs;
    REQUIRE(words >= 60);
    REQUIRE(words <= 220);
    REQUIRE(paragraphs >= 2);
    REQUIRE(paragraphs <= 4);
    REQUIRE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    REQUIRE(std::string_view(".!?\"").find(text.back()) != std::string_view::npos);
    REQUIRE(count(text, "\"") % 2 == 0);
  }
}

TEST_CASE("no story has a wrong article, a doubled word, a stray blank or a marker left in it") {
  for (const std::string& text : tell(4, 10000)) {
    CAPTURE(text);
    REQUIRE(flaw(text) == "");
  }
}

TEST_CASE("what two friends quarrel about is what they share in the end") {
  std::size_t quarrels = 0;
  for (const std::string& text : tell(5, 4000)) {
    const std::string_view question = "What good is ";
    const auto at = text.find(question);
    if (at == text.npos) continue;
    const auto name = text.find(' ', at + question.size()) + 1;  // after "a" or "an"
    const std::string thing = text.substr(name, text.find(" without a friend", name) - name);
    CAPTURE(text);
    REQUIRE(text.find(" " + thing + " ") < at);
    REQUIRE(text.find("So they washed the " + thing) != text.npos);
    ++quarrels;
  }
  CHECK(quarrels > 0);
}

TEST_CASE("a hero is a she or a he to the end") {
  for (const std::string& text : tell(6, 4000)) {
    const std::string first = text.substr(0, text.find("\n\n"));
    const bool girl = first.find(" girl ") != first.npos;
    const bool boy = first.find(" boy ") != first.npos;
    CAPTURE(text);
    REQUIRE_FALSE((girl && boy));
    if (girl) REQUIRE(text.find("he little boy ") == text.npos);
    if (boy) REQUIRE(text.find("he little girl ") == text.npos);
  }
}

TEST_CASE("four thousand stories use three thousand different words") {
  std::set<std::string> vocabulary;
  for (const std::string& text : tell(7, 4000))
    for (const std::string& word : split(text).words) vocabulary.insert(word);
  CHECK(vocabulary.size() >= 3000);
}

TEST_CASE("of ten thousand stories no two are equal, and three of ten sentences are new") {
  const auto stories = tell(8, 10000);
  CHECK(std::set<std::string>(stories.begin(), stories.end()).size() == stories.size());
  std::set<std::string> different;
  std::size_t all = 0;
  for (const std::string& text : stories)
    for (const std::string& sentence : sentences(text)) {
      different.insert(sentence);
      ++all;
    }
  CHECK(10 * different.size() > 3 * all);
}

TEST_CASE("every fourth story begins with Once upon a time") {
  const auto stories = tell(9, 4000);
  const auto once =
      std::ranges::count_if(stories, [](const auto& text) { return text.starts_with("Once upon a time, "); });
  CHECK(once > 900);
  CHECK(once < 1100);
}
