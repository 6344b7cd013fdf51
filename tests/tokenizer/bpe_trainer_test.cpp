#include <doctest/doctest.h>

#include <algorithm>
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace diecast;

namespace {

using Strings = std::vector<std::string>;

BpeTokenizer train(const Strings& texts, std::size_t vocab_size, std::uint64_t min_frequency = 2,
                   std::size_t threads = 2) {
  ThreadPool pool(threads);
  PieceCounter pieces(Cut::gpt2, pool);
  for (const auto& text : texts) pieces.add(text);
  return train_bpe(pieces, vocab_size, min_frequency);
}

Strings vocabulary_of(const BpeTokenizer& tokenizer) {
  Strings vocabulary;
  for (Token token = 0; token < tokenizer.vocab_size(); ++token)
    vocabulary.emplace_back(tokenizer.token_text(token));
  return vocabulary;
}

// What the merges added to end-of-text and the bytes.
Strings learned(const BpeTokenizer& tokenizer) {
  auto vocabulary = vocabulary_of(tokenizer);
  return {vocabulary.begin() + 257, vocabulary.end()};
}

// Replaces each (left, right) in `word` by `product`, from left to right.
void merge_in(std::vector<Token>& word, Token left, Token right, Token product) {
  std::vector<Token> merged;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool matches = i + 1 < word.size() && word[i] == left && word[i + 1] == right;
    merged.push_back(matches ? product : word[i]);
    i += matches;
  }
  word = merged;
}

// The definition: count all pairs of the whole text again before every merge.
Strings learn_slowly(const std::string& text, std::size_t vocab_size, std::uint64_t min_frequency) {
  Strings vocabulary{std::string(kEndOfText)};
  for (const auto byte : byte_alphabet()) vocabulary.emplace_back(1, static_cast<char>(byte));
  std::vector<std::vector<Token>> words;
  for_each_piece(text, [&](std::string_view piece) {
    auto& word = words.emplace_back();
    for (const char byte : piece) {
      const auto entry = std::ranges::find(vocabulary, std::string(1, byte));
      word.push_back(static_cast<Token>(entry - vocabulary.begin()));
    }
  });

  while (vocabulary.size() < vocab_size) {
    std::map<std::pair<Token, Token>, std::uint64_t> counts;
    for (const auto& word : words)
      for (std::size_t i = 1; i < word.size(); ++i) ++counts[{word[i - 1], word[i]}];
    // Of equal counts the first, and the map is sorted by pair.
    const auto best = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    if (best == counts.end() || best->second < min_frequency) break;
    const auto [left, right] = best->first;
    for (auto& word : words) merge_in(word, left, right, static_cast<Token>(vocabulary.size()));
    vocabulary.push_back(vocabulary[left] + vocabulary[right]);
  }
  return {vocabulary.begin() + 257, vocabulary.end()};
}

// Words of a small alphabet, so that pairs tie, overlap and repeat themselves.
std::string random_words(unsigned seed, std::size_t count) {
  const Strings syllables{"a", "b", "aa", "ab", "ca", "é", "日", "--", "1", "\xFF"};
  std::mt19937 random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    for (auto n = random() % 6; n > 0; --n) text += syllables[random() % syllables.size()];
    text += random() % 8 == 0 ? '\n' : ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("training agrees with counting all pairs again before every merge") {
  for (unsigned seed = 0; seed < 8; ++seed)
    for (const std::uint64_t min_frequency : {1, 2, 5}) {
      CAPTURE(seed);
      CAPTURE(min_frequency);
      const auto text = random_words(seed, 300);
      CHECK(learned(train({text}, 600, min_frequency)) == learn_slowly(text, 600, min_frequency));
    }
}

TEST_CASE("without merges the vocabulary is end-of-text and the bytes in GPT-2's order") {
  const auto tokenizer = train({"a"}, 300);
  CHECK(tokenizer.vocab_size() == 257);
  CHECK(tokenizer.end_of_text() == 0);
  const auto vocabulary = vocabulary_of(tokenizer);
  CHECK(vocabulary[0] == kEndOfText);
  CHECK(vocabulary[1] == "!");
  CHECK(vocabulary[94] == "~");
  CHECK(vocabulary[189] == std::string(1, '\0'));  // the first of the bytes that cannot be printed
  CHECK(vocabulary[256] == "\xAD");                // the last
}

TEST_CASE("the most frequent pair is merged first") {
  CHECK(learned(train({"xy xy xy ab ab"}, 258, 1)) == Strings{"xy"});
}

TEST_CASE("of equally frequent pairs the one with the smaller ids is merged first") {
  CHECK(learned(train({"cd\nab\ncb\ncd\nab\ncb"}, 260)) == Strings{"ab", "cb", "cd"});
}

TEST_CASE("training stops when the vocabulary is full") {
  CHECK(train({"abcd abcd abcd abcd"}, 259).vocab_size() == 259);
}

TEST_CASE("training stops early when no pair is frequent enough") {
  CHECK(learned(train({"ab ab"}, 1000)) == Strings{"ab"});
  CHECK(learned(train({"ab"}, 1000)).empty());
  CHECK(learned(train({"ab"}, 1000, 1)) == Strings{"ab"});
  CHECK(learned(train({"ab"}, 1000, 0)) == Strings{"ab"});
  CHECK(learned(train({"abab abab"}, 1000, 5)).empty());
  CHECK(learned(train({}, 1000)).empty());
}

TEST_CASE("no two tokens are the same bytes") {
  auto vocabulary = vocabulary_of(train({random_words(11, 2000)}, 2000, 1));
  std::ranges::sort(vocabulary);
  CHECK(std::ranges::adjacent_find(vocabulary) == vocabulary.end());
}

TEST_CASE("the result does not depend on the order of the texts") {
  const auto first = random_words(1, 200), second = random_words(2, 200);
  CHECK(train({first, second}, 500).hash() == train({second, first}, 500).hash());
}

TEST_CASE("the result does not depend on the number of threads") {
  std::string text;
  for (unsigned seed = 0; seed < 20; ++seed) text += random_words(seed, 10'000);
  const auto hash = train({text}, 2000, 2, 1).hash();
  for (const std::size_t threads : {2, 3}) CHECK(train({text}, 2000, 2, threads).hash() == hash);
}

TEST_CASE("more can be counted and learned again") {
  ThreadPool pool(1);
  PieceCounter pieces(Cut::gpt2, pool);
  pieces.add("ab ab");
  CHECK(learned(train_bpe(pieces, 300)) == Strings{"ab"});
  pieces.add("xy xy xy");
  CHECK(learned(train_bpe(pieces, 300)) == Strings{"xy", "ab", " xy"});
}

TEST_CASE("training can be ended before any merge and between two") {
  ThreadPool pool(1);
  PieceCounter pieces(Cut::gpt2, pool);
  pieces.add("the cat and the hat and the bat");
  std::size_t calls = 0;
  const std::size_t merges = train_bpe(pieces, 300, 1, [&] { ++calls; }).merges().size();
  CHECK(calls == merges + 1);
  for (std::size_t end = 1; end <= calls; ++end) {
    std::size_t left = end;
    CHECK_THROWS_AS(train_bpe(pieces, 300, 1, [&] { if (--left == 0) throw std::runtime_error("no"); }),
                    std::runtime_error);
  }
}

TEST_CASE("a vocabulary too small for the bytes is a usage error") {
  CHECK_THROWS_WITH_AS(
      train({"a"}, 256),
      "a vocabulary of 256 tokens is too small, ask for at least 257: end-of-text and the 256 bytes", Error);
}
