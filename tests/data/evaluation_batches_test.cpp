#include <vector>

#include <doctest/doctest.h>

#include <diecast/data/evaluation_batches.hpp>

#include "tests/data/counting_tokens.hpp"

using namespace diecast;
using diecast::testing::counting_tokens;

namespace {

constexpr std::size_t kRow = 5, kBatchSize = 3;

constexpr BatchOptions kOptions{.seq_len = kRow, .batch_size = kBatchSize, .end_of_text = 7};

}  // namespace

TEST_CASE("every token but the first is a target once, in order, whatever the size of the set") {
  for (std::size_t size = 0; size < 70; ++size) {
    CAPTURE(size);
    const auto tokens = counting_tokens(size);
    const EvaluationBatches batches(TokenSet(tokens), kOptions);
    std::vector<Token> targets;
    Batch batch;
    for (std::size_t index = 0; index < batches.size(); ++index) {
      batches.fill(index, batch);
      REQUIRE(batch.inputs.size() == kRow * kBatchSize);
      REQUIRE(batch.targets.size() == kRow * kBatchSize);
      for (std::size_t i = 0; i < batch.targets.size(); ++i) {
        if (batch.targets[i] == kIgnoredToken) continue;
        CHECK(batch.targets[i] == batch.inputs[i] + 1);
        CHECK(batch.inputs[i] % kRow == i % kRow);
        targets.push_back(batch.targets[i]);
      }
    }
    CHECK(targets.size() == batches.targets());
    CHECK(targets == std::vector<Token>(tokens.begin() + (size > 0), tokens.end()));
  }
}

TEST_CASE("there is no batch without a target that counts") {
  const auto tokens = counting_tokens(2 * kRow * kBatchSize + 1);
  CHECK(EvaluationBatches(TokenSet(tokens), kOptions).size() == 2);
  CHECK(EvaluationBatches(TokenSet(), kOptions).size() == 0);
  CHECK(EvaluationBatches(TokenSet(std::span(tokens).first(1)), kOptions).size() == 0);
}

TEST_CASE("padding is a valid token as input") {
  const auto tokens = counting_tokens(3);
  Batch batch;
  EvaluationBatches(TokenSet(tokens), kOptions).fill(0, batch);
  for (const Token input : batch.inputs) CHECK(input < 3);
}

TEST_CASE("documents of a batch end where the text says, and with the row") {
  const auto tokens = counting_tokens(20);
  Batch batch;
  const EvaluationBatches batches(TokenSet(tokens), kOptions);
  batches.fill(0, batch);
  CHECK(batch.documents == std::vector<std::uint32_t>{5, 2, 3, 5});
}
