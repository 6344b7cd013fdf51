#include <diecast/data/prefetcher.hpp>

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

namespace diecast {
namespace {

std::vector<Token> some_tokens() {
  std::vector<Token> tokens(3000);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<Token>(i * 7 % 101);
  return tokens;
}

TEST_CASE("batches made ahead are those made when they are asked for, whatever the threads and the first") {
  const auto tokens = some_tokens();
  for (const bool padded : {false, true}) {
    const BatchStream stream({{TokenSet(tokens)}},
                             {.seq_len = 16, .batch_size = 4, .end_of_text = 100, .seed = 1, .padded = padded});
    for (const std::size_t workers : {0, 1, 3})
      for (const std::size_t ahead : {0, 1, 5})
        for (const std::uint64_t first : {0, 33}) {
          CAPTURE(workers);
          CAPTURE(ahead);
          Prefetcher prefetcher(stream, first, ahead, workers);
          Batch expected;
          for (std::uint64_t index = first; index < first + 60; ++index) {
            stream.fill(index, expected);
            const Batch& batch = prefetcher.next();
            REQUIRE(batch.inputs == expected.inputs);
            REQUIRE(batch.targets == expected.targets);
            REQUIRE(batch.documents == expected.documents);
          }
        }
  }
}

TEST_CASE("a prefetcher that nobody asks any more ends") {
  const auto tokens = some_tokens();
  const BatchStream stream({{TokenSet(tokens)}}, {.seq_len = 16, .batch_size = 4, .end_of_text = 100});
  for (int i = 0; i < 50; ++i) {
    Prefetcher prefetcher(stream, 0, 3, 2);
    if (i % 2 == 0) prefetcher.next();
  }
}

TEST_CASE("places of the ring are used again without new memory") {
  const auto tokens = some_tokens();
  const BatchStream stream({{TokenSet(tokens)}}, {.seq_len = 16, .batch_size = 4, .end_of_text = 100});
  Prefetcher prefetcher(stream, 0, 2, 1);
  std::vector<const Token*> inputs;
  std::vector<const std::uint32_t*> documents;
  for (int i = 0; i < 30; ++i) {
    const Batch& batch = prefetcher.next();
    inputs.push_back(batch.inputs.data());
    documents.push_back(batch.documents.data());
  }
  for (std::size_t i = 3; i < inputs.size(); ++i) {
    CHECK(inputs[i] == inputs[i - 3]);
    CHECK(documents[i] == documents[i - 3]);
  }
}

}  // namespace
}  // namespace diecast
