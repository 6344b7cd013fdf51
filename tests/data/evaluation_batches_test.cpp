#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/data/evaluation_batches.hpp>

using namespace diecast;

namespace {

constexpr std::size_t kSeqLen = 5, kBatchSize = 3;

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
    const EvaluationBatches batches(tokens, kSeqLen, kBatchSize);
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
  CHECK(EvaluationBatches(tokens, kSeqLen, kBatchSize).size() == 2);
  CHECK(EvaluationBatches({}, kSeqLen, kBatchSize).size() == 0);
  CHECK(EvaluationBatches(std::span(tokens).first(1), kSeqLen, kBatchSize).size() == 0);
}

TEST_CASE("padding is a valid token as input") {
  const auto tokens = counting(3);
  Batch batch;
  EvaluationBatches(tokens, kSeqLen, kBatchSize).fill(0, batch);
  for (const Token input : batch.inputs) CHECK(input < 3);
}
