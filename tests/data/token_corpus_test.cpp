#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
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

TokenCorpus tokenize(const std::vector<std::string>& documents, double fraction, std::uint64_t seed = 1,
                     std::size_t threads = 2) {
  ThreadPool pool(threads);
  return tokenize_documents(documents, byte_tokenizer(), fraction, seed, pool);
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
  CHECK(corpus.train_documents == 100);
  CHECK(corpus.train_bytes == corpus.train.size() - 100);
  CHECK(corpus.validation.empty());
  CHECK(corpus.validation_documents == 0);
  CHECK(corpus.validation_bytes == 0);
}

TEST_CASE("each document is in one of the two sets, whole and in order") {
  const auto documents = numbered_documents(200);
  const TokenCorpus corpus = tokenize(documents, 0.1);
  const auto chosen = choose_validation(200, 0.1, 1);
  std::vector<std::string> train, validation;
  for (std::size_t i = 0; i < documents.size(); ++i) (chosen[i] ? validation : train).push_back(documents[i]);
  CHECK(documents_of(corpus.train) == train);
  CHECK(documents_of(corpus.validation) == validation);
  CHECK(corpus.train_documents == 180);
  CHECK(corpus.validation_documents == 20);
  CHECK(corpus.train_bytes == corpus.train.size() - 180);
  CHECK(corpus.validation_bytes == corpus.validation.size() - 20);
}

TEST_CASE("the validation set has the size asked for, but neither set is left empty") {
  const auto count = [](std::size_t documents, double fraction) {
    const auto chosen = choose_validation(documents, fraction, 5);
    return std::count(chosen.begin(), chosen.end(), true);
  };
  CHECK(count(1000, 0.05) == 50);
  CHECK(count(10, 0.01) == 1);
  CHECK(count(2, 0.9) == 1);
  CHECK(count(10, 0.999) == 9);
  CHECK(count(10, 0) == 0);
  CHECK(count(1, 0.5) == 0);
  CHECK(count(0, 0.5) == 0);
}

TEST_CASE("the split is fixed by the seed and spread over the corpus") {
  CHECK(choose_validation(500, 0.1, 1) == choose_validation(500, 0.1, 1));
  CHECK(choose_validation(500, 0.1, 1) != choose_validation(500, 0.1, 2));
  const auto chosen = choose_validation(10000, 0.1, 1);
  const auto half = std::count(chosen.begin(), chosen.begin() + 5000, true);
  CHECK(half > 430);  // hypergeometric: mean 500, deviation 15
  CHECK(half < 570);
}

TEST_CASE("a larger fraction keeps the documents of a smaller one") {
  const auto few = choose_validation(300, 0.05, 1), many = choose_validation(300, 0.2, 1);
  for (std::size_t i = 0; i < 300; ++i) CHECK((!few[i] || many[i]));
}

TEST_CASE("of a single document the tail is kept for validation") {
  const TokenCorpus corpus =
      tokenize({std::string("0123456789abcdefghi")}, 0.25);  // 20 tokens with end-of-text
  CHECK(corpus.train ==
        std::vector<Token>{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e'});
  CHECK(documents_of(corpus.validation) == std::vector<std::string>{"fghi"});
  CHECK(corpus.train_documents == 1);
  CHECK(corpus.validation_documents == 1);
  CHECK(corpus.train_bytes == 15);
  CHECK(corpus.validation_bytes == 4);
}

TEST_CASE("a single document too short for a tail is all for training") {
  const TokenCorpus corpus = tokenize({std::string("abc")}, 0.1);
  CHECK(corpus.train.size() == 4);
  CHECK(corpus.validation.empty());
  CHECK(corpus.validation_documents == 0);
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
