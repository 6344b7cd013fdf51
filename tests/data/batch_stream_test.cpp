#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/data/batch_stream.hpp>

#include "tests/data/counting_tokens.hpp"

using namespace diecast;
using diecast::testing::counting_tokens;

namespace {

constexpr std::size_t kSeqLen = 5;
constexpr Token kNone = 0x7FFFFFFF;  // an end-of-text that does not occur

BatchStream stream_of(const std::vector<Token>& tokens, std::size_t batch_size, std::uint64_t seed, bool shuffle) {
  const BatchOptions options{
      .seq_len = kSeqLen, .batch_size = batch_size, .end_of_text = kNone, .seed = seed, .shuffle = shuffle};
  return BatchStream({{TokenSet(tokens)}}, options);
}

// A window starts with its number times kSeqLen.
std::vector<Token> for_windows(std::size_t windows) { return counting_tokens(windows * kSeqLen + 1); }

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
  const auto tokens = counting_tokens(99);
  const BatchStream stream = stream_of(tokens, 4, 1, true);
  CHECK(stream.rows() == 19);
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

TEST_CASE("without shuffling windows come in order and an epoch ends anywhere in a batch") {
  const auto tokens = for_windows(7);
  const BatchStream stream = stream_of(tokens, 2, 1, false);
  CHECK(stream.batches_per_epoch() == 3.5);
  CHECK(windows_of(stream, 0, 5) == std::vector<Token>{0, 1, 2, 3, 4, 5, 6, 0, 1, 2});
}

TEST_CASE("windows come in the same order in batches of any size, epoch after epoch") {
  const auto tokens = for_windows(53);
  const auto by_8 = windows_of(stream_of(tokens, 8, 5, true), 0, 20);
  CHECK(windows_of(stream_of(tokens, 32, 5, true), 0, 5) == by_8);
  CHECK(windows_of(stream_of(tokens, 2, 5, true), 0, 80) == by_8);
}

TEST_CASE("an epoch takes every window once, whatever their number") {
  for (std::size_t windows = 4; windows < 70; ++windows) {
    CAPTURE(windows);
    const auto tokens = for_windows(windows);
    const BatchStream stream = stream_of(tokens, 4, windows, true);
    CHECK(stream.batches_per_epoch() == static_cast<double>(windows) / 4);
    const auto drawn = windows_of(stream, 0, windows);  // four epochs
    for (auto epoch = drawn.begin(); epoch != drawn.end(); epoch += static_cast<std::ptrdiff_t>(windows))
      CHECK(std::set(epoch, epoch + static_cast<std::ptrdiff_t>(windows)).size() == windows);
    CHECK(*std::max_element(drawn.begin(), drawn.end()) < windows);
  }
}

TEST_CASE("epochs and seeds have orders of their own") {
  const auto tokens = for_windows(64);
  const BatchStream a = stream_of(tokens, 8, 1, true), b = stream_of(tokens, 8, 2, true);
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
  const BatchStream stream = stream_of(tokens, kWindows, 3, true);
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
  const BatchStream stream = stream_of(tokens, 4, 9, true), again = stream_of(tokens, 4, 9, true);
  const auto forward = windows_of(stream, 0, 40);
  CHECK(windows_of(again, 30, 10) == std::vector<Token>(forward.end() - 40, forward.end()));
  CHECK(windows_of(again, 0, 40) == forward);
}

TEST_CASE("the order of a seed is the same in every build") {
  const auto tokens = for_windows(10);
  const BatchStream stream = stream_of(tokens, 5, 1, true);
  CHECK(windows_of(stream, 0, 2) == std::vector<Token>{8, 0, 1, 9, 5, 2, 7, 6, 3, 4});
}

TEST_CASE("fewer windows than a batch has rows are dealt equally often") {
  const auto tokens = for_windows(3);
  for (const bool shuffle : {false, true}) {
    const BatchStream stream = stream_of(tokens, 4, 1, shuffle);
    CHECK(stream.batches_per_epoch() == 0.75);
    const auto drawn = windows_of(stream, 0, 6);  // 24 rows
    for (Token window = 0; window < 3; ++window) CHECK(std::count(drawn.begin(), drawn.end(), window) == 8);
  }
}

TEST_CASE("a corpus of one window is enough and a token less is refused with both numbers") {
  const auto enough = counting_tokens(kSeqLen + 1), too_few = counting_tokens(kSeqLen);
  const BatchStream stream = stream_of(enough, 2, 1, true);
  CHECK(windows_of(stream, 5, 1) == std::vector<Token>{0, 0});
  for (const auto& tokens : {too_few, std::vector<Token>{}}) {
    try {
      stream_of(tokens, 2, 1, true);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      const std::string what = error.what();
      CHECK(what.find("has " + std::to_string(tokens.size()) + " tokens") != std::string::npos);
      CHECK(what.find("need 6") != std::string::npos);
    }
  }
}

namespace {

constexpr Token kEnd = 9;

// Documents of these lengths, tokens 1 ... 8 in turn, each ending in kEnd.
std::vector<Token> documents_of(const std::vector<std::size_t>& lengths) {
  std::vector<Token> tokens;
  for (const std::size_t length : lengths) {
    for (std::size_t i = 0; i < length; ++i) tokens.push_back(static_cast<Token>(1 + tokens.size() % 8));
    tokens.push_back(kEnd);
  }
  return tokens;
}

BatchOptions with_documents(std::size_t batch_size, bool padded) {
  return {.seq_len = kSeqLen, .batch_size = batch_size, .end_of_text = kEnd, .seed = 3, .padded = padded};
}

std::vector<std::size_t> lengths_of_many() {
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < 300; ++i) lengths.push_back(1 + i * 7 % 13);
  return lengths;
}

}  // namespace

TEST_CASE("documents of packed windows begin with each row and with each end-of-text") {
  const auto tokens = documents_of({3, 2, 6, 1, 9});
  const BatchStream stream({{TokenSet(tokens)}}, with_documents(2, false));
  Batch batch;
  for (std::uint64_t index = 0; index < 6; ++index) {
    stream.fill(index, batch);
    std::size_t position = 0;
    std::set<std::size_t> begins;
    for (const std::uint32_t length : batch.documents) {
      CHECK(length > 0);
      begins.insert(position);
      position += length;
    }
    CHECK(position == 2 * kSeqLen);
    for (std::size_t i = 0; i < batch.inputs.size(); ++i)
      CHECK(begins.contains(i) == (i % kSeqLen == 0 || batch.inputs[i] == kEnd));
  }
  BatchOptions across = with_documents(2, false);
  across.attend_across = true;
  BatchStream({{TokenSet(tokens)}}, across).fill(0, batch);
  CHECK(batch.documents.empty());
}

TEST_CASE("padded rows are of one document each, and an epoch has every token but the first as a target once") {
  const auto tokens = documents_of(lengths_of_many());
  const BatchStream stream({{TokenSet(tokens)}}, with_documents(1, true));
  Batch batch;
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::uint64_t> targets;
    const auto batches = static_cast<std::uint64_t>(stream.batches_per_epoch());
    for (std::uint64_t i = 0; i < batches; ++i) {
      const std::uint64_t index = epoch * batches + i;
      stream.fill(index, batch);
      const BatchRow row = stream.row(index, 0);
      CHECK(stream.targets(index) == row.length);
      for (std::size_t at = 0; at < kSeqLen; ++at) {
        if (at >= row.length) {
          CHECK(batch.targets[at] == kIgnoredToken);
          continue;
        }
        targets.push_back(row.first + at + 1);
        CHECK(batch.inputs[at] == tokens[row.first + at]);
        CHECK(batch.targets[at] == tokens[row.first + at + 1]);
        if (at > 0) CHECK(batch.inputs[at] != kEnd);
      }
    }
    std::sort(targets.begin(), targets.end());
    std::vector<std::uint64_t> all(tokens.size() - 1);
    std::iota(all.begin(), all.end(), std::uint64_t{1});
    CHECK(targets == all);
  }
}

TEST_CASE("padded rows share a batch with rows of about their length, in an order that each epoch has of its own") {
  const auto tokens = documents_of(lengths_of_many());
  const BatchStream stream({{TokenSet(tokens)}}, with_documents(4, true));
  const auto batches = static_cast<std::uint64_t>(stream.batches_per_epoch());
  std::uint64_t spread = 0;
  std::vector<std::uint64_t> firsts[2];
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch)
    for (std::uint64_t i = 0; i < batches; ++i) {
      std::size_t least = kSeqLen, most = 0;
      std::uint64_t targets = 0;
      for (std::size_t row = 0; row < 4; ++row) {
        const BatchRow from = stream.row(epoch * batches + i, row);
        firsts[epoch].push_back(from.first);
        least = std::min(least, from.length);
        most = std::max(most, from.length);
        targets += from.length;
      }
      CHECK(targets == stream.targets(epoch * batches + i));
      spread += most - least;
    }
  CHECK(spread < batches * 4);  // 4: between any two lengths there are
  CHECK(firsts[0] != firsts[1]);
  for (auto& rows : firsts) CHECK(std::set(rows.begin(), rows.end()).size() == rows.size());
}

TEST_CASE("a mixture gives each part its share of the rows, and each part its own epochs") {
  const auto few = counting_tokens(10 * kSeqLen + 1), many = counting_tokens(40 * kSeqLen + 1);
  for (const bool shuffle : {false, true}) {
    BatchOptions options{.seq_len = kSeqLen, .batch_size = 8, .end_of_text = kNone, .seed = 1, .shuffle = shuffle};
    const BatchStream stream({{TokenSet(few), 3}, {TokenSet(many), 1}, {TokenSet(many), 4}}, options);
    std::vector<std::uint64_t> rows(3);
    std::vector<std::vector<std::uint64_t>> firsts(3);
    for (std::uint64_t index = 0; index < 100; ++index) {
      std::vector<std::uint64_t> in_batch(3);
      for (std::size_t i = 0; i < 8; ++i) {
        const BatchRow row = stream.row(index, i);
        ++rows[row.part];
        ++in_batch[row.part];
        firsts[row.part].push_back(row.first);
      }
      CHECK(in_batch == std::vector<std::uint64_t>{3, 1, 4});
    }
    CHECK(rows == std::vector<std::uint64_t>{300, 100, 400});
    for (std::size_t part = 0; part < 3; ++part) {
      const std::size_t windows = part == 0 ? 10 : 40;
      for (std::size_t begin = 0; begin + windows <= firsts[part].size(); begin += windows)
        CHECK(std::set(firsts[part].begin() + static_cast<std::ptrdiff_t>(begin),
                       firsts[part].begin() + static_cast<std::ptrdiff_t>(begin + windows)).size() == windows);
    }
  }
}

TEST_CASE("a mixture of padded rows has as many targets a batch as its weights make it have") {
  std::vector<Token> tiny, full;
  for (std::size_t i = 0; i < 40 * 3; ++i) tiny.push_back(i % 3 == 2 ? kEnd : 1);
  for (std::size_t i = 0; i < 10 * kSeqLen; ++i) full.push_back(i % kSeqLen == kSeqLen - 1 ? kEnd : 1);
  const BatchStream stream({{TokenSet(tiny), 1}, {TokenSet(full), 3}}, with_documents(4, true));
  double targets = 0;
  for (std::uint64_t index = 0; index < 400; ++index) targets += static_cast<double>(stream.targets(index));
  CHECK(stream.targets_per_batch() == doctest::Approx(targets / 400).epsilon(0.02));
}

TEST_CASE("weights that divide nothing evenly are kept all the same") {
  const auto tokens = for_windows(30);
  const BatchOptions options{.seq_len = kSeqLen, .batch_size = 4, .end_of_text = kNone, .seed = 1};
  const BatchStream stream({{TokenSet(tokens), 0.07}, {TokenSet(tokens), 0.311}, {TokenSet(tokens), 1.9}}, options);
  std::vector<double> rows(3);
  for (std::uint64_t index = 0; index < 2500; ++index)
    for (std::size_t i = 0; i < 4; ++i) ++rows[stream.row(index, i).part];
  CHECK(rows[0] == doctest::Approx(10000 * 0.07 / 2.281).epsilon(0.005));
  CHECK(rows[1] == doctest::Approx(10000 * 0.311 / 2.281).epsilon(0.005));
}
