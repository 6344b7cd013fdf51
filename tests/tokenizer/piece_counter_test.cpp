#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <diecast/tokenizer/piece_counter.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/text_cut.hpp"

using namespace diecast;

namespace {

using Counts = std::map<std::string, std::uint64_t>;
using Sorted = std::vector<std::pair<std::string, std::uint64_t>>;

Sorted sorted(const PieceCounter& counter) {
  Sorted result;
  for (const auto& [piece, count] : counter.sorted()) result.emplace_back(piece, count);
  return result;
}

Sorted sorted(const Counts& counts) {
  Sorted result(counts.begin(), counts.end());
  std::ranges::stable_sort(result, [](const auto& a, const auto& b) { return a.second > b.second; });
  return result;
}

Sorted count(Cut cut, std::size_t threads, const std::vector<std::string>& texts,
             std::uint64_t max_bytes = 0) {
  ThreadPool pool(threads);
  PieceCounter counter(cut, pool, max_bytes);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  counter.add(views);
  return sorted(counter);
}

// Frequent words and rare ones, some longer than 16 bytes.
std::string random_words(unsigned seed, std::size_t count, unsigned kinds) {
  std::mt19937 random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = static_cast<unsigned>(random() % (random() % (random() % kinds + 1) + 1));
    text += (word % 7 == 0 ? " a-quite-long-word-é" : " w") + std::to_string(word);
    for (auto n = word % 20; n > 0; --n) text += 'x';
    if (word % 11 == 0) text += "'s\n";
  }
  return text;
}

}  // namespace

TEST_CASE("pieces are counted as a map counts them, for any number of threads") {
  const std::vector<std::string> texts{random_words(1, 80'000, 5000), "", "a", random_words(2, 100, 50),
                                       std::string(700'000, 'a')};
  Counts expected;
  for (const auto& text : texts)
    for_each_piece(text, [&](std::string_view piece) { ++expected[std::string(piece)]; });
  for (const std::size_t threads : {1, 2, 3}) {
    CAPTURE(threads);
    CHECK(count(Cut::gpt2, threads, texts) == sorted(expected));
  }
}

TEST_CASE("a text counts the same in one call as in many, and after counts were read") {
  const std::vector<std::string> texts{random_words(3, 5000, 500), random_words(4, 5000, 500)};
  ThreadPool pool(2);
  PieceCounter counter(Cut::gpt2, pool);
  counter.add(texts[0]);
  CHECK(sorted(counter) == count(Cut::gpt2, 1, {texts[0]}));
  counter.add(texts[1]);
  CHECK(sorted(counter) == count(Cut::gpt2, 1, texts));
  CHECK(counter.bytes() == texts[0].size() + texts[1].size());
  CHECK(counter.pruned() == 0);
}

TEST_CASE("words are runs of letters, numbers and apostrophes in lower case") {
  CHECK(count(Cut::words, 2, {"It's ÉTÉ, été; it's 2024 – İΣ\xFF"}) ==
        Sorted{{"it's", 2}, {"été", 2}, {"2024", 1}, {"i", 1}, {"σ", 1}});  // İ is i and a mark
}

TEST_CASE("words are the same whether a block of 64 bytes holds them or not") {
  const std::vector<std::string> parts{"a", "Zz", "It's", " ", " ",  ", ",
                                       "É", "日", "9",    "–", "\n", std::string(70, 'Q')};
  std::mt19937 random(6);
  for (int i = 0; i < 500; ++i) {
    std::string text, alone;  // the same words, none in a block of ASCII
    for (auto n = random() % 80; n > 0; --n) text += parts[random() % parts.size()];
    for (const char byte : text) alone += byte == ' ' ? "–" : std::string(1, byte);
    CAPTURE(text);
    CHECK(count(Cut::words, 1, {text}) == count(Cut::words, 1, {alone}));
  }
}

TEST_CASE("characters are code points, and bytes that are none") {
  CHECK(count(Cut::characters, 2, {"aé日\xFF", "é\xE6"}) ==
        Sorted{{"é", 2}, {"a", 1}, {"\xE6", 1}, {"日", 1}, {"\xFF", 1}});
}

TEST_CASE("a text may be cut before white space of ASCII, wherever that changes no piece") {
  const auto pieces = [](std::string_view text) {
    std::vector<std::string> all;
    for_each_piece(text, [&](std::string_view piece) { all.emplace_back(piece); });
    return all;
  };
  const std::vector<std::string> parts{" ", "\n", "a", "1", "'s", ".", "日", "。", "😀", "é", "\u3000", "\u00A0", "\u0085",
                                       "\xA0", "\x80", "\xE3", "\xE3\x80", "\xC2", "\xFF", std::string(1, '\0')};
  std::mt19937 random(11);
  std::size_t cuts = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += parts[random() % parts.size()];
    CAPTURE(text);
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (!may_cut_before(text, at)) continue;
      ++cuts;
      std::vector<std::string> both = pieces(std::string_view(text).substr(0, at));
      for (std::string& piece : pieces(std::string_view(text).substr(at))) both.push_back(std::move(piece));
      CHECK(both == pieces(text));
    }
  }
  CHECK(cuts > 1000);
  for (const std::string before : {"a", ".", "日", "😀", "\xFF", "\x80"}) CHECK(may_cut_before(before + "\n", before.size()));
  for (const std::string before : {" ", "\n", "\u3000", "\u00A0"}) CHECK_FALSE(may_cut_before(before + "\n", before.size()));
}

TEST_CASE("a limit drops the rarest pieces, the same ones for any number of threads and calls") {
  const std::uint64_t limit = 800'000;
  const auto text = random_words(5, 450'000, 60'000);
  const Sorted whole = count(Cut::gpt2, 2, {text});
  const Sorted pruned = count(Cut::gpt2, 1, {text}, limit);
  CHECK(pruned.size() < whole.size() / 2);
  // Frequent pieces never fell among the rarest.
  for (std::size_t i = 0; i < 20; ++i) CHECK(pruned[i] == whole[i]);
  std::uint64_t occurrences = 0, counted = 0;
  for (const auto& [piece, n] : whole) occurrences += n;
  for (const auto& [piece, n] : pruned) counted += n;
  for (const std::size_t threads : {1, 2, 3}) {
    CAPTURE(threads);
    ThreadPool pool(threads);
    PieceCounter counter(Cut::gpt2, pool, limit);
    counter.add(text);
    CHECK(sorted(counter) == pruned);
    CHECK(counter.pruned() == occurrences - counted);
  }
}

TEST_CASE("a limit does not depend on how documents come together") {
  std::vector<std::string> texts;
  for (unsigned i = 0; i < 40; ++i) texts.push_back(random_words(i, 15'000, 60'000));
  ThreadPool pool(2);
  PieceCounter one_by_one(Cut::gpt2, pool, 800'000);
  for (const auto& text : texts) one_by_one.add(text);
  CHECK(one_by_one.pruned() > 0);
  CHECK(sorted(one_by_one) == count(Cut::gpt2, 3, texts, 800'000));
}
