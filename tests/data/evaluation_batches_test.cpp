#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/data/evaluation_batches.hpp>

using namespace diecast;

namespace {

constexpr std::size_t kSeqLen = 5, kBatchSize = 3;

constexpr BatchOptions kOptions{.seq_len = kSeqLen, .batch_size = kBatchSize, .end_of_text = 7};

std::vector<Token> counting(std::size_t size) {
  std::vector<Token> tokens(size);
  std::iota(tokens.begin(), tokens.end(), Token{0});
  return tokens;
}

}  // namespace

TEST_CASE("every token but the first is a target once, in order, whatever the size of the set") {
  for (std::size_t size = 0; size < 70; ++size) {
    CAPTURE(size);
    const auto tokens = counting(size);
    const EvaluationBatches batches(TokenSet(tokens), kOptions);
    std::vector<Token> targets;
    Batch batch;
    for (std::size_t index = 0; index < batches.size(); ++index) {
      batches.fill(index, batch);
      REQUIRE(batch.inputs.size() == kSeqLen * kBatchSize);
      REQUIRE(batch.targets.size() == kSeqLen * kBatchSize);
      for (std::size_t i = 0; i < batch.targets.size(); ++i) {
        if (batch.targets[i] == kIgnoredToken) continue;
        CHECK(batch.targets[i] == batch.inputs[i] + 1);
        CHECK(batch.inputs[i] % kSeqLen == i % kSeqLen);
        targets.push_back(batch.targets[i]);
      }
    }
    CHECK(targets.size() == batches.targets());
    CHECK(targets == std::vector<Token>(tokens.begin() + (size > 0), tokens.end()));
  }
}

TEST_CASE("there is no batch without a target that counts") {
  const auto tokens = counting(2 * kSeqLen * kBatchSize + 1);
  CHECK(EvaluationBatches(TokenSet(tokens), kOptions).size() == 2);
  CHECK(EvaluationBatches(TokenSet(), kOptions).size() == 0);
  CHECK(EvaluationBatches(TokenSet(std::span(tokens).first(1)), kOptions).size() == 0);
}

TEST_CASE("padding is a valid token as input") {
  const auto tokens = counting(3);
  Batch batch;
  EvaluationBatches(TokenSet(tokens), kOptions).fill(0, batch);
  for (const Token input : batch.inputs) CHECK(input < 3);
}

TEST_CASE("documents of a batch end where the text says, and with the row") {
  const auto tokens = counting(20);
  Batch batch;
  const EvaluationBatches batches(TokenSet(tokens), kOptions);
  batches.fill(0, batch);
  CHECK(batch.documents == std::vector<std::uint32_t>{5, 2, 3, 5});
}
