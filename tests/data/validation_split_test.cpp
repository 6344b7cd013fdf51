#include <diecast/data/validation_split.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/random.hpp>

#include "tests/data/letters.hpp"

namespace diecast {
namespace {

using Sizes = std::vector<std::uint64_t>;

Sizes equal_sizes(std::size_t count) { return Sizes(count, 100); }

std::ptrdiff_t whole(const ValidationSplit& split) {
  return std::count(split.whole.begin(), split.whole.end(), true);
}

std::uint64_t sum(const Sizes& sizes) { return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}); }

// Of documents of which each byte is a token.
std::uint64_t tokens_to_train(const Sizes& sizes, const ValidationSplit& split) {
  std::uint64_t train = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) train += split.tokens_to_train(i, sizes[i]);
  return train;
}

TEST_CASE("of equal documents as many are kept as were asked for, and a part of one where that is less") {
  const auto split = [](std::size_t documents, double fraction) {
    return choose_validation(equal_sizes(documents), fraction, 5);
  };
  CHECK(whole(split(1000, 0.05)) == 50);
  CHECK(split(1000, 0.05).tail == 0);
  CHECK(whole(split(10, 0.01)) == 0);
  CHECK(split(10, 0.01).tail == doctest::Approx(0.1));
  CHECK(whole(split(2, 0.9)) == 1);
  CHECK(split(2, 0.9).tail == doctest::Approx(0.8));
  for (const auto& none : {split(10, 0), split(0, 0.5)}) {
    CHECK(whole(none) == 0);
    CHECK(none.tail == 0);
  }
}

TEST_CASE("the validation set has its share of the bytes, however different the documents are") {
  const Random random{1, 1};
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Sizes sizes;
    const std::size_t count = 1 + random.bits(seed) % 40;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t magnitude = random.bits(1000 * (seed + 1) + 2 * i) % 12;
      sizes.push_back(1 + random.bits(1000 * (seed + 1) + 2 * i + 1) % (std::uint64_t{1} << magnitude));
    }
    sizes.push_back(50);
    for (const double fraction : {0.01, 0.05, 0.3, 0.5, 0.9}) {
      CAPTURE(seed);
      CAPTURE(fraction);
      const ValidationSplit split = choose_validation(sizes, fraction, seed);
      const auto total = static_cast<double>(sum(sizes)), train = static_cast<double>(tokens_to_train(sizes, split));
      const double validation = total - train;
      CHECK(validation <= 2 * fraction * total + 2);
      CHECK(validation >= fraction * total - 2);
      CHECK(train > 0);
      CHECK(validation >= 1);
    }
  }
}

TEST_CASE("a file beside a far larger one does not withhold it") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Sizes sizes{234000, 5};
    const std::uint64_t validation = 234005 - tokens_to_train(sizes, choose_validation(sizes, 0.05, seed));
    CHECK(validation > 11600);
    CHECK(validation < 11800);
  }
}

TEST_CASE("the split is fixed by the seed and the place in the corpus, and spread over it") {
  const auto chosen = [](std::size_t documents, std::uint64_t seed, std::uint64_t first = 0) {
    return choose_validation(equal_sizes(documents), 0.1, seed, first).whole;
  };
  CHECK(chosen(500, 1) == chosen(500, 1));
  CHECK(chosen(500, 1) != chosen(500, 2));
  CHECK(chosen(500, 1) != chosen(500, 1, 500));
  const auto many = chosen(10000, 1);
  const auto half = std::count(many.begin(), many.begin() + 5000, true);
  CHECK(half > 430);  // hypergeometric: mean 500, deviation 15
  CHECK(half < 570);
}

TEST_CASE("a larger fraction keeps the documents of a smaller one") {
  const auto few = choose_validation(equal_sizes(300), 0.05, 1).whole, many = choose_validation(equal_sizes(300), 0.2, 1).whole;
  for (std::size_t i = 0; i < 300; ++i) CHECK((!few[i] || many[i]));
}

TEST_CASE("of a single document the tail is kept, at least two tokens") {
  CHECK(choose_validation(Sizes{20}, 0.25, 1).tokens_to_train(0, 20) == 15);
  CHECK(choose_validation(Sizes{7}, 0.01, 1).tokens_to_train(0, 7) == 5);
  const ValidationSplit split = choose_validation(Sizes{1000}, 0.1, 1);
  CHECK(split.text_to_train(0, std::string(1000, 'a')).size() == 900);
}

TEST_CASE("chunks hold all documents in their order, and what is to train on is what they do not keep") {
  // Three chunks and a rest; the last one alone is longer than a chunk.
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 40; ++i) texts.push_back(std::string(std::size_t{2} << 20, static_cast<char>('a' + i % 26)));
  texts.push_back(std::string(std::size_t{33} << 20, 'z'));
  texts.push_back("end");
  testing::TextList stream(texts);
  DocumentChunks chunks(stream, 0.05, 1);
  DocumentChunk chunk;
  std::vector<std::string> to_train;
  std::size_t documents = 0, count = 0;
  while (chunks.next(chunk)) {
    ++count;
    std::uint64_t bytes = 0, kept = 0;
    for (std::size_t i = 0; i < chunk.documents.size(); ++i) {
      CHECK(chunk.documents[i].id == documents++);
      const std::string_view text = chunk.split.text_to_train(i, chunk.documents[i].text);
      bytes += chunk.documents[i].text.size();
      kept += chunk.documents[i].text.size() - text.size();
      if (!text.empty()) to_train.emplace_back(text);
    }
    CHECK(static_cast<double>(kept) == doctest::Approx(0.05 * static_cast<double>(bytes)).epsilon(0.5));
  }
  CHECK(documents == texts.size());
  CHECK(count > 2);
  const auto training = training_documents(std::make_unique<testing::TextList>(texts), 0.05, 1);
  std::vector<std::string> given;
  for (Document document; training->next(document);) given.push_back(document.text);
  CHECK(given == to_train);
}

TEST_CASE("a chunk has 2^17 documents at most") {
  const std::size_t most = std::size_t{1} << 17;
  testing::TextList stream(std::vector<std::string>(most + 3, "a"));
  DocumentChunks chunks(stream, 0, 1);
  DocumentChunk chunk;
  REQUIRE(chunks.next(chunk));
  CHECK(chunk.documents.size() == most);
  REQUIRE(chunks.next(chunk));
  CHECK(chunk.documents.size() == 3);
  CHECK_FALSE(chunks.next(chunk));
}

}  // namespace
}  // namespace diecast
