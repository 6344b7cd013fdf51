#include <diecast/data/batch_stream.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

#include "data/permutation.hpp"

namespace diecast {
namespace {

// A weight's resolution: slot numbers up to 2^43 times this stay within 64 bits.
constexpr int kShareBits = 20;

// Rows of so many batches that are neighbours by length are mixed, so that no two epochs have the same batches.
constexpr std::uint64_t kBatchesOfALength = 32;

// A padded row in one number: sets of documents have many of them.
constexpr int kLengthBits = 20;
std::uint64_t pack_row(std::uint64_t first, std::uint64_t length) { return first << kLengthBits | length; }
std::uint64_t first_of(std::uint64_t row) { return row >> kLengthBits; }
std::uint64_t length_of(std::uint64_t row) { return row & ((std::uint64_t{1} << kLengthBits) - 1); }

// Rows of at most seq_len inputs. A row ends where its last target ends a document, and the next one begins with that
// end-of-text as its first input.
std::vector<std::uint64_t> rows_of_documents(const TokenSet& tokens, const BatchOptions& options) {
  std::vector<std::uint64_t> rows;
  std::uint64_t begin = 0;
  const auto end_row = [&](std::uint64_t last_target) {
    if (last_target > begin) rows.push_back(pack_row(begin, last_target - begin));
    begin = last_target;
  };
  tokens.for_each_piece([&](std::uint64_t first, std::span<const Token> piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const std::uint64_t target = first + i;
      if (piece[i] == options.end_of_text || target - begin == options.seq_len) end_row(target);
    }
  });
  if (tokens.size() > 0) end_row(tokens.size() - 1);
  if (options.shuffle)
    std::stable_sort(rows.begin(), rows.end(),
                     [](std::uint64_t a, std::uint64_t b) { return length_of(a) < length_of(b); });
  return rows;
}

void check_enough(std::uint64_t tokens, const BatchOptions& options) {
  const std::size_t least = options.padded ? 2 : options.seq_len + 1;
  if (tokens >= least) return;
  throw Error(Fault::usage,
              "the training text has " + std::to_string(tokens) + " tokens, one sequence and its target need " +
                  std::to_string(least),
              "data.source", "give more text or use a preset with a smaller seq_len");
}

// Parts of a mixture draw from streams of their own; the first one's are the epochs.
Random order_of_epoch(const BatchOptions& options, std::size_t part, std::uint64_t epoch) {
  return {options.seed, (static_cast<std::uint64_t>(part) << 40) + epoch};
}

}  // namespace

void mark_documents(Batch& batch, std::size_t seq_len, Token end_of_text) {
  batch.documents.clear();
  for (std::size_t row = 0; row < batch.inputs.size(); row += seq_len) {
    std::size_t begin = row;
    for (std::size_t i = row + 1; i < row + seq_len; ++i)
      if (batch.inputs[i] == end_of_text) {
        batch.documents.push_back(static_cast<std::uint32_t>(i - begin));
        begin = i;
      }
    batch.documents.push_back(static_cast<std::uint32_t>(row + seq_len - begin));
  }
}

BatchStream::BatchStream(std::vector<MixturePart> parts, const BatchOptions& options) : options_(options) {
  double weights = 0;
  for (const MixturePart& part : parts) weights += part.weight;
  const double all_weights = weights;
  for (MixturePart& from : parts) {
    check_enough(from.tokens.size(), options);
    Part part{.tokens = std::move(from.tokens)};
    if (options.padded) part.documents = rows_of_documents(part.tokens, options);
    part.rows = options.padded ? part.documents.size() : (part.tokens.size() - 1) / options.seq_len;
    // Upwards: what divides evenly, such as a fifth, is not missed by one now and then.
    part.share = static_cast<std::uint64_t>(std::ceil(std::ldexp(from.weight / weights, kShareBits)));
    weights -= from.weight;
    rows_ += part.rows;
    const double row_targets = static_cast<double>(part.tokens.size() - 1) / static_cast<double>(part.rows);
    if (options.padded)
      targets_per_batch_ += from.weight / all_weights * row_targets * static_cast<double>(options.batch_size);
    parts_.push_back(std::move(part));
  }
  if (!options.padded) targets_per_batch_ = static_cast<double>(options.batch_size * options.seq_len);
}

double BatchStream::batches_per_epoch() const {
  if (options_.padded) return static_cast<double>(std::max<std::uint64_t>(1, rows_ / options_.batch_size));
  return static_cast<double>(rows_) / static_cast<double>(options_.batch_size);
}

double BatchStream::targets_per_batch() const { return targets_per_batch_; }

// Part k has had floor(slot share_k) of the slots that the parts before it left: a line drawn with whole numbers, of
// which each is a function of the slot alone (Bresenham 1965).
BatchStream::Turn BatchStream::turn(std::uint64_t slot) const {
  for (std::size_t part = 0; part + 1 < parts_.size(); ++part) {
    const std::uint64_t before = slot * parts_[part].share >> kShareBits;
    if ((slot + 1) * parts_[part].share >> kShareBits > before) return {part, before};
    slot -= before;
  }
  return {parts_.size() - 1, slot};
}

BatchRow BatchStream::window(const Turn& turn) const {
  const Part& part = parts_[turn.part];
  const std::uint64_t epoch = turn.before / part.rows;
  std::uint64_t place = turn.before % part.rows;
  if (options_.shuffle) place = Permutation(part.rows, order_of_epoch(options_, turn.part, epoch))(place);
  return {turn.part, place * options_.seq_len, options_.seq_len};
}

BatchRow BatchStream::padded_row(const Turn& batch, std::size_t row) const {
  const Part& part = parts_[batch.part];
  const std::uint64_t size = options_.batch_size;
  const auto found = [&](std::uint64_t place) {
    const std::uint64_t packed = part.documents[place];
    return BatchRow{batch.part, first_of(packed), length_of(packed)};
  };
  if (part.rows < size) return found((batch.before * size + row) % part.rows);
  const std::uint64_t batches = part.rows / size;
  const std::uint64_t epoch = batch.before / batches;
  std::uint64_t place = batch.before % batches;
  if (!options_.shuffle) return found(place * size + row);
  const Random random = order_of_epoch(options_, batch.part, epoch);
  place = Permutation(batches, random)(place) * size + row;
  // Which rows are left out differs from epoch to epoch: they are the shortest, the longest, or some of both.
  place += random.bits(~std::uint64_t{0}) % (part.rows - batches * size + 1);
  const std::uint64_t group = place / (kBatchesOfALength * size), begin = group * kBatchesOfALength * size;
  const std::uint64_t in_group = std::min(kBatchesOfALength * size, part.rows - begin);
  const Random order{mix64(random.seed ^ mix64(group + 1)), random.stream};
  return found(begin + Permutation(in_group, order)(place - begin));
}

BatchRow BatchStream::row(std::uint64_t index, std::size_t row) const {
  // Batches of padded rows are of one part each: rows of about the same length do not come from several.
  return options_.padded ? padded_row(turn(index), row) : window(turn(index * options_.batch_size + row));
}

std::uint64_t BatchStream::targets(std::uint64_t index) const {
  if (!options_.padded) return options_.batch_size * options_.seq_len;
  std::uint64_t targets = 0;
  for (std::size_t i = 0; i < options_.batch_size; ++i) targets += row(index, i).length;
  return targets;
}

void BatchStream::fill(std::uint64_t index, Batch& batch) const {
  const std::size_t seq_len = options_.seq_len, positions = options_.batch_size * seq_len;
  batch.inputs.resize(positions);
  batch.targets.resize(positions);
  batch.documents.reserve(positions);
  batch.documents.clear();
  for (std::size_t i = 0; i < options_.batch_size; ++i) {
    const BatchRow from = row(index, i);
    const std::span<Token> inputs = std::span(batch.inputs).subspan(i * seq_len, seq_len);
    const std::span<Token> targets = std::span(batch.targets).subspan(i * seq_len, seq_len);
    parts_[from.part].tokens.copy(from.first, inputs.first(from.length));
    parts_[from.part].tokens.copy(from.first + 1, targets.first(from.length));
    if (!options_.padded) continue;
    std::ranges::fill(inputs.subspan(from.length), options_.end_of_text);
    std::ranges::fill(targets.subspan(from.length), kIgnoredToken);
    batch.documents.push_back(static_cast<std::uint32_t>(from.length));
    if (from.length < seq_len) batch.documents.push_back(static_cast<std::uint32_t>(seq_len - from.length));
  }
  if (!options_.padded && !options_.attend_across) mark_documents(batch, seq_len, options_.end_of_text);
}

}  // namespace diecast
