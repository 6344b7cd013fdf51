#include <doctest/doctest.h>

#include <algorithm>
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace diecast;

namespace {

using Tokens = std::vector<Token>;
using Rules = std::vector<std::pair<std::string, std::string>>;

// End-of-text, the bytes, and the product of each rule.
BpeTokenizer tokenizer_with(const Rules& rules) {
  std::vector<std::string> vocabulary{std::string(kEndOfText)};
  for (const auto byte : byte_alphabet()) vocabulary.emplace_back(1, static_cast<char>(byte));
  const auto id = [&](const std::string& bytes) {
    return static_cast<Token>(std::ranges::find(vocabulary, bytes) - vocabulary.begin());
  };
  std::vector<Merge> merges;
  for (const auto& [left, right] : rules) {
    if (id(left + right) == vocabulary.size()) vocabulary.push_back(left + right);
    merges.push_back({id(left), id(right), id(left + right)});
  }
  return BpeTokenizer(vocabulary, merges, 0);
}

Tokens encode(const BpeTokenizer& tokenizer, std::string_view text) {
  Tokens tokens;
  tokenizer.encode(text, tokens);
  return tokens;
}

std::vector<std::string> encode_to_bytes(const BpeTokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> result;
  for (const Token token : encode(tokenizer, text)) result.emplace_back(tokenizer.token_text(token));
  return result;
}

// One piece by the definition: apply the earliest rule at its leftmost place until none applies.
std::vector<std::string> encode_slowly(const Rules& rules, std::string_view piece) {
  std::vector<std::string> symbols;
  for (const char byte : piece) symbols.emplace_back(1, byte);
  for (auto rule = rules.begin(); rule != rules.end();) {
    const auto place = std::ranges::adjacent_find(
        symbols, [&](const auto& left, const auto& right) { return std::pair(left, right) == *rule; });
    if (place == symbols.end()) {
      ++rule;
      continue;
    }
    *place += *(place + 1);
    symbols.erase(place + 1);
    rule = rules.begin();
  }
  return symbols;
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t max_size) {
  std::string text(random() % (max_size + 1), '\0');
  for (auto& byte : text) byte = alphabet[random() % alphabet.size()];
  return text;
}

const Rules kRules{{"a", "b"},   {"b", "a"},   {"a", "a"},      {"ab", "a"}, {"aa", "aa"},
                   {"ba", "ab"}, {"ab", "ba"}, {"c", "c"},      {" ", "a"},  {" a", "b"},
                   {"cc", "c"},  {"a", "ba"},  {"\xE6", "\x97"}};

}  // namespace

TEST_CASE("every byte string round-trips") {
  const auto tokenizer = tokenizer_with(kRules);
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::mt19937 random(1);
  // Arbitrary bytes, and two alphabets of which valid and nearly valid characters often come about.
  for (const std::string& alphabet :
       {bytes, std::string("ab c\n'1\xE6\x97\xA5"), std::string("\xF0\x9F\x98\x80\xC3")})
    for (int i = 0; i < 500; ++i) {
      const auto text = random_text(random, alphabet, 60);
      CHECK(tokenizer.decode(encode(tokenizer, text)) == text);
    }
}

TEST_CASE("a text of no bytes encodes to no tokens") {
  CHECK(encode(tokenizer_with(kRules), "").empty());
  CHECK(tokenizer_with(kRules).decode({}).empty());
}

TEST_CASE("the earliest merge comes first, from left to right") {
  const auto tokenizer = tokenizer_with(kRules);
  std::mt19937 random(2);
  for (int i = 0; i < 3000; ++i) {
    const auto piece = random_text(random, "abc", 24);
    CAPTURE(piece);
    CHECK(encode_to_bytes(tokenizer, piece) == encode_slowly(kRules, piece));
  }
}

TEST_CASE("merges of random vocabularies come in their order, in short pieces and long ones") {
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> symbols{"a", "b", "c"};
    Rules rules;
    for (int n = 0; n < 30; ++n) {
      const std::pair rule(symbols[random() % symbols.size()], symbols[random() % symbols.size()]);
      const bool is_new = std::ranges::find(rules, rule) == rules.end();
      if (!is_new || rule.first.size() + rule.second.size() > 12) continue;
      rules.push_back(rule);
      symbols.push_back(rule.first + rule.second);
    }
    const auto tokenizer = tokenizer_with(rules);
    for (const std::size_t size : {8, 30, 32, 33, 34, 100}) {
      const auto piece = random_text(random, "abc", size);
      CAPTURE(piece);
      CHECK(encode_to_bytes(tokenizer, piece) == encode_slowly(rules, piece));
    }
  }
}

TEST_CASE("a piece that is spelled like a token becomes it only if the merges lead there") {
  const Rules rules{{"b", "c"}, {"a", "b"}, {"ab", "c"}};
  CHECK(encode_to_bytes(tokenizer_with(rules), "abc") == std::vector<std::string>{"a", "bc"});
}

TEST_CASE("an added token that is one byte does not take the byte's place") {
  std::vector<std::string> vocabulary;
  for (const auto byte : byte_alphabet()) vocabulary.emplace_back(1, static_cast<char>(byte));
  vocabulary.insert(vocabulary.end(), {std::string(kEndOfText), " "});
  const BpeTokenizer tokenizer(vocabulary, {}, 256);
  CHECK(encode(tokenizer, " ") ==
        Tokens{static_cast<Token>(std::ranges::find(vocabulary, " ") - vocabulary.begin())});
}

TEST_CASE("merges do not cross pieces") {
  const auto tokenizer = tokenizer_with({{"a", " "}, {"a", "1"}, {" ", "a"}});
  CHECK(encode_to_bytes(tokenizer, "a a1") == std::vector<std::string>{"a", " a", "1"});
}

TEST_CASE("encode appends") {
  const auto tokenizer = tokenizer_with(kRules);
  Tokens tokens{7};
  tokenizer.encode("ab", tokens);
  CHECK(tokens.size() == 2);
  CHECK(tokens[0] == 7);
}

TEST_CASE("no text encodes to end-of-text, and end-of-text decodes to its name") {
  const auto tokenizer = tokenizer_with(kRules);
  const auto tokens = encode(tokenizer, kEndOfText);
  CHECK(tokens.size() == kEndOfText.size());
  CHECK(std::ranges::count(tokens, tokenizer.end_of_text()) == 0);
  CHECK(tokenizer.decode(Tokens{tokenizer.end_of_text()}) == kEndOfText);
}

TEST_CASE("an id outside the vocabulary is a usage error") {
  const auto tokenizer = tokenizer_with({});
  CHECK_THROWS_WITH_AS(tokenizer.decode(Tokens{257}),
                       "token 257 is not in the vocabulary, use ids from 0 to 256", Error);
}

TEST_CASE("long pieces are not quadratic") {
  // At n^2 steps this would take hours.
  const auto tokenizer = tokenizer_with(kRules);
  const std::string piece(2'000'000, 'a');
  CHECK(encode(tokenizer, piece).size() == piece.size() / 4);
}

TEST_CASE("threads can share a tokenizer") {
  const auto tokenizer = tokenizer_with(kRules);
  std::mt19937 random(3);
  const auto text = random_text(random, "abc  \n日本\xFF'1", 100'000);
  const auto expected = encode(tokenizer, text);
  std::vector<Tokens> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) threads.emplace_back([&] { tokenizer.encode(text, result); });
  }
  for (const auto& result : results) CHECK(result == expected);
}

TEST_CASE("the hash tells apart vocabularies and orders of merges") {
  const auto hash = [](const Rules& rules) { return tokenizer_with(rules).hash(); };
  CHECK(hash({{"a", "b"}, {"b", "c"}}) == hash({{"a", "b"}, {"b", "c"}}));
  CHECK(hash({{"a", "b"}, {"b", "c"}}) != hash({{"b", "c"}, {"a", "b"}}));
  CHECK(hash({{"a", "b"}}) != hash({{"a", "c"}}));
  CHECK(hash({}) != hash({{"a", "b"}}));
}

TEST_CASE("a vocabulary without every byte is refused") {
  CHECK_THROWS_AS(BpeTokenizer({"a", "b"}, {}, 0), std::invalid_argument);
}
