#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/data/batch_stream.hpp>

using namespace diecast;

namespace {

constexpr std::size_t kSeqLen = 5;

// Tokens 0, 1, 2, ...: a token is its own position, and a window starts with its number times kSeqLen.
std::vector<Token> counting(std::size_t size) {
  std::vector<Token> tokens(size);
  std::iota(tokens.begin(), tokens.end(), Token{0});
  return tokens;
}

std::vector<Token> for_windows(std::size_t windows) { return counting(windows * kSeqLen + 1); }

// The windows of batches first ... first + count - 1, in order.
std::vector<Token> windows_of(const BatchStream& stream, std::uint64_t first, std::uint64_t count) {
  std::vector<Token> windows;
  Batch batch;
  for (std::uint64_t index = first; index < first + count; ++index) {
    stream.fill(index, batch);
    for (std::size_t i = 0; i < batch.inputs.size(); i += kSeqLen)
      windows.push_back(batch.inputs[i] / kSeqLen);
  }
  return windows;
}

}  // namespace

TEST_CASE("a row is one whole window and its targets are the tokens one further") {
  const auto tokens = counting(99);
  const BatchStream stream(tokens, kSeqLen, 4, 1, true);
  CHECK(stream.windows() == 19);
  Batch batch;
  for (std::uint64_t index = 0; index < 20; ++index) {
    stream.fill(index, batch);
    REQUIRE(batch.view().inputs.size() == 4 * kSeqLen);
    REQUIRE(batch.view().targets.size() == 4 * kSeqLen);
    for (std::size_t i = 0; i < batch.inputs.size(); ++i) {
      CHECK(batch.targets[i] == batch.inputs[i] + 1);
      CHECK(batch.inputs[i] % kSeqLen == i % kSeqLen);
    }
  }
}

TEST_CASE("without shuffling windows come in order and the incomplete batch is dropped") {
  const auto tokens = for_windows(7);
  const BatchStream stream(tokens, kSeqLen, 3, 1, false);
  CHECK(stream.batches_per_epoch() == 2);
  CHECK(windows_of(stream, 0, 3) == std::vector<Token>{0, 1, 2, 3, 4, 5, 0, 1, 2});
}

TEST_CASE("an epoch takes no window twice, whatever their number") {
  for (std::size_t windows = 4; windows < 70; ++windows) {
    CAPTURE(windows);
    const auto tokens = for_windows(windows);
    const BatchStream stream(tokens, kSeqLen, 4, windows, true);
    CHECK(stream.batches_per_epoch() == windows / 4);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      const std::uint64_t per_epoch = stream.batches_per_epoch();
      const auto drawn = windows_of(stream, epoch * per_epoch, per_epoch);
      CHECK(std::set(drawn.begin(), drawn.end()).size() == drawn.size());
      CHECK(*std::max_element(drawn.begin(), drawn.end()) < windows);
    }
  }
}

TEST_CASE("epochs and seeds have orders of their own") {
  const auto tokens = for_windows(64);
  const BatchStream a(tokens, kSeqLen, 8, 1, true), b(tokens, kSeqLen, 8, 2, true);
  std::vector<Token> in_order(64);
  std::iota(in_order.begin(), in_order.end(), Token{0});
  CHECK(windows_of(a, 0, 8) != in_order);
  CHECK(windows_of(a, 0, 8) != windows_of(a, 8, 8));
  CHECK(windows_of(a, 0, 8) != windows_of(b, 0, 8));
}

TEST_CASE("a window is drawn in every place of an epoch about equally often") {
  constexpr std::size_t kWindows = 12;
  constexpr std::uint64_t kEpochs = 12000;
  const auto tokens = for_windows(kWindows);
  const BatchStream stream(tokens, kSeqLen, kWindows, 3, true);
  std::vector<std::size_t> count(kWindows * kWindows, 0);
  for (std::uint64_t epoch = 0; epoch < kEpochs; ++epoch) {
    const auto drawn = windows_of(stream, epoch, 1);
    for (std::size_t place = 0; place < kWindows; ++place) ++count[place * kWindows + drawn[place]];
  }
  // Binomial with mean 1000 and deviation 30: six deviations either way.
  CHECK(*std::min_element(count.begin(), count.end()) > 820);
  CHECK(*std::max_element(count.begin(), count.end()) < 1180);
}

TEST_CASE("a batch depends on the seed and its index only") {
  const auto tokens = for_windows(50);
  const BatchStream stream(tokens, kSeqLen, 4, 9, true), again(tokens, kSeqLen, 4, 9, true);
  const auto forward = windows_of(stream, 0, 40);
  CHECK(windows_of(again, 30, 10) == std::vector<Token>(forward.end() - 40, forward.end()));
  CHECK(windows_of(again, 0, 40) == forward);
}

TEST_CASE("the order of a seed is the same in every build") {
  const auto tokens = for_windows(10);
  const BatchStream stream(tokens, kSeqLen, 5, 1, true);
  CHECK(windows_of(stream, 0, 2) == std::vector<Token>{8, 0, 1, 9, 5, 2, 7, 6, 3, 4});
}

TEST_CASE("fewer windows than a batch has rows are dealt equally often") {
  const auto tokens = for_windows(3);
  for (const bool shuffle : {false, true}) {
    const BatchStream stream(tokens, kSeqLen, 4, 1, shuffle);
    CHECK(stream.batches_per_epoch() == 1);
    const auto drawn = windows_of(stream, 0, 6);  // 24 rows
    for (Token window = 0; window < 3; ++window) CHECK(std::count(drawn.begin(), drawn.end(), window) == 8);
  }
}

TEST_CASE("a corpus of one window is enough and a token less is refused with both numbers") {
  const auto enough = counting(kSeqLen + 1), too_few = counting(kSeqLen);
  const BatchStream stream(enough, kSeqLen, 2, 1, true);
  CHECK(windows_of(stream, 5, 1) == std::vector<Token>{0, 0});
  for (const auto& tokens : {too_few, std::vector<Token>{}}) {
    try {
      BatchStream(tokens, kSeqLen, 2, 1, true);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      const std::string what = error.what();
      CHECK(what.find("has " + std::to_string(tokens.size()) + " tokens") != std::string::npos);
      CHECK(what.find("need 6") != std::string::npos);
    }
  }
}
