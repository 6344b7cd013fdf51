#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>
#include <diecast/data/token_corpus.hpp>

using namespace diecast;

namespace {

// Every byte is its own token, and 256 ends a text: what comes out can be read off what went in.
BpeTokenizer byte_tokenizer() {
  std::vector<std::string> vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary.emplace_back(1, static_cast<char>(byte));
  vocabulary.emplace_back(kEndOfText);
  return BpeTokenizer(std::move(vocabulary), {}, 256);
}

std::vector<std::string> numbered_documents(std::size_t count) {
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < count; ++i) documents.push_back("document " + std::to_string(i));
  return documents;
}

std::vector<std::string> equal_documents(std::size_t count) {
  return std::vector<std::string>(count, std::string(100, 'x'));
}

std::ptrdiff_t whole(const ValidationSplit& split) {
  return std::count(split.whole.begin(), split.whole.end(), true);
}

TokenCorpus tokenize(const std::vector<std::string>& documents, double fraction, std::uint64_t seed = 1,
                     std::size_t threads = 2) {
  ThreadPool pool(threads);
  return tokenize_documents(documents, byte_tokenizer(), fraction, seed, pool);
}

// Of the text of tokens: each is a byte, but for end-of-text.
std::size_t bytes_of(const std::vector<Token>& tokens) {
  return tokens.size() - static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), Token{256}));
}

// The documents of a stream of tokens, each of which must be closed by end-of-text.
std::vector<std::string> documents_of(const std::vector<Token>& tokens) {
  std::vector<std::string> documents(1);
  for (const Token token : tokens) {
    if (token == 256)
      documents.emplace_back();
    else
      documents.back().push_back(static_cast<char>(token));
  }
  CHECK(documents.back().empty());
  documents.pop_back();
  return documents;
}

}  // namespace

TEST_CASE("with no validation set all documents come out in their order") {
  const auto documents = numbered_documents(100);
  const TokenCorpus corpus = tokenize(documents, 0);
  CHECK(documents_of(corpus.train) == documents);
  CHECK(corpus.validation.empty());
}

TEST_CASE("each document is in one of the two sets, whole and in order") {
  const auto documents = numbered_documents(200);
  const TokenCorpus corpus = tokenize(documents, 0.1);
  const ValidationSplit split = choose_validation(documents, 0.1, 1);
  REQUIRE(split.tail == 0);
  std::vector<std::string> train, validation;
  for (std::size_t i = 0; i < documents.size(); ++i)
    (split.whole[i] ? validation : train).push_back(documents[i]);
  CHECK(documents_of(corpus.train) == train);
  CHECK(documents_of(corpus.validation) == validation);
}

TEST_CASE("of equal documents as many are kept as were asked for, and a part of one where that is less") {
  const auto split = [](std::size_t documents, double fraction) {
    return choose_validation(equal_documents(documents), fraction, 5);
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
    std::vector<std::string> documents;
    const std::size_t count = 1 + random.bits(seed) % 40;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t magnitude = random.bits(1000 * (seed + 1) + 2 * i) % 12;
      const std::uint64_t size =
          1 + random.bits(1000 * (seed + 1) + 2 * i + 1) % (std::uint64_t{1} << magnitude);
      documents.emplace_back(size, 'x');
    }
    documents.emplace_back(50, 'x');
    for (const double fraction : {0.01, 0.05, 0.3, 0.5, 0.9}) {
      CAPTURE(seed);
      CAPTURE(fraction);
      const TokenCorpus corpus = tokenize(documents, fraction, seed, 1);
      const auto train = static_cast<double>(bytes_of(corpus.train)),
                 validation = static_cast<double>(bytes_of(corpus.validation)), total = train + validation;
      CHECK(validation <= 2 * fraction * total + 2);
      CHECK(validation >= fraction * total - 2);
      CHECK(train > 0);
      CHECK(corpus.validation.size() >= 2);
    }
  }
}

TEST_CASE("a file beside a far larger one does not withhold it") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const TokenCorpus corpus = tokenize({std::string(234000, 'x'), "small"}, 0.05, seed);
    CHECK(bytes_of(corpus.validation) > 11600);
    CHECK(bytes_of(corpus.validation) < 11800);
    CHECK(bytes_of(corpus.train) + bytes_of(corpus.validation) == 234005);
  }
}

TEST_CASE("of three books the end of one is kept, and an end-of-text parts what stays from the next") {
  const std::vector<std::string> books{std::string(1000, 'a'), std::string(1000, 'b'),
                                       std::string(1000, 'c')};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const TokenCorpus corpus = tokenize(books, 0.05, seed);
    const auto validation = documents_of(corpus.validation);
    REQUIRE(validation.size() == 1);
    const std::string& kept = validation[0];
    const bool more_follow = kept[0] != 'c';
    CHECK(std::count(corpus.train.begin(), corpus.train.end(), Token{256}) == (more_follow ? 3 : 2));
    CHECK(kept == std::string(149, kept[0]));  // 0.05 of 3000, of which the end-of-text is one token
  }
}

TEST_CASE("the split is fixed by the seed and spread over the corpus") {
  const auto chosen = [](std::size_t documents, std::uint64_t seed) {
    return choose_validation(equal_documents(documents), 0.1, seed).whole;
  };
  CHECK(chosen(500, 1) == chosen(500, 1));
  CHECK(chosen(500, 1) != chosen(500, 2));
  const auto many = chosen(10000, 1);
  const auto half = std::count(many.begin(), many.begin() + 5000, true);
  CHECK(half > 430);  // hypergeometric: mean 500, deviation 15
  CHECK(half < 570);
}

TEST_CASE("a larger fraction keeps the documents of a smaller one") {
  const auto documents = equal_documents(300);
  const auto few = choose_validation(documents, 0.05, 1).whole,
             many = choose_validation(documents, 0.2, 1).whole;
  for (std::size_t i = 0; i < 300; ++i) CHECK((!few[i] || many[i]));
}

TEST_CASE("of a single document the tail is kept for validation") {
  const TokenCorpus corpus =
      tokenize({std::string("0123456789abcdefghi")}, 5.0 / 19);  // 20 tokens with end-of-text
  CHECK(corpus.train ==
        std::vector<Token>{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e'});
  CHECK(documents_of(corpus.validation) == std::vector<std::string>{"fghi"});
}

TEST_CASE("a share of less than a token is two tokens, one to predict") {
  const TokenCorpus corpus = tokenize({std::string("abcdef")}, 0.01);
  CHECK(corpus.train == std::vector<Token>{'a', 'b', 'c', 'd', 'e'});
  CHECK(corpus.validation == std::vector<Token>{'f', 256});
}

TEST_CASE("a tokenizer is trained on what stays, cut where the tokens are") {
  const std::vector<std::string> books{std::string(1000, 'a'), std::string(1000, 'b')};
  const ValidationSplit split = choose_validation(books, 0.1, 1);
  CHECK(text_to_train(split, books, split.cut) == books[split.cut].substr(0, 800));
  CHECK(text_to_train(split, books, 1 - split.cut) == books[1 - split.cut]);
}

TEST_CASE("a hash of tokens tells other tokens and another order") {
  using Tokens = std::vector<Token>;
  CHECK(hash_tokens(Tokens{1, 2, 3}) == hash_tokens(Tokens{1, 2, 3}));
  CHECK(hash_tokens(Tokens{1, 2, 3}) != hash_tokens(Tokens{1, 3, 2}));
  CHECK(hash_tokens(Tokens{1, 2, 3}) != hash_tokens(Tokens{1, 2}));
  CHECK(hash_tokens(Tokens{}) != hash_tokens(Tokens{0}));
}

TEST_CASE("the corpus does not depend on the number of threads") {
  const auto documents = numbered_documents(100);
  const TokenCorpus one = tokenize(documents, 0.1, 1, 1), three = tokenize(documents, 0.1, 1, 3);
  CHECK(one.train == three.train);
  CHECK(one.validation == three.validation);
}

TEST_CASE("no documents are no tokens") {
  const TokenCorpus corpus = tokenize({}, 0.1);
  CHECK(corpus.train.empty());
  CHECK(corpus.validation.empty());
}

TEST_CASE("a fraction outside its range is a usage error") {
  for (const double fraction : {-0.1, 1.0, 2.0, 0.0 / 0.0}) {
    CAPTURE(fraction);
    CHECK_THROWS_AS(tokenize({}, fraction), Error);
  }
}
