#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <diecast/core/token.hpp>
#include <diecast/data/batch.hpp>
#include <diecast/data/token_set.hpp>

namespace diecast {

/// How tokens become micro-batches.
struct BatchOptions {
  std::size_t seq_len = 0, batch_size = 0;
  Token end_of_text = 0;       ///< of each document
  std::uint64_t seed = 0;
  bool shuffle = true;
  bool padded = false;         ///< a document a row, instead of windows over all of them
  bool attend_across = false;  ///< in windows, documents see those before them
};

/// A part of a mixture.
struct MixturePart {
  TokenSet tokens;
  double weight = 1;  ///< its share of the rows, against the others'
};

/// Where a row of a batch comes from: `length` inputs from token `first` on; their targets are those one further.
struct BatchRow {
  std::size_t part = 0;  ///< of the mixture
  std::uint64_t first = 0;
  std::size_t length = 0;
};

/// The micro-batches of a training run, without end. Every batch is a pure function of (options, index), so that a
/// resumed run goes on with the batch it would have had, and any number of threads may make them.
///
/// Packed: row i of a part is tokens i T ... i T + T - 1. Padded: each document fills rows of its own from their
/// beginning, as many as it needs, and rows of about the same length share a batch. Rows of a mixture come from its
/// parts in turn, by their weights, and each part goes through its own epochs.
class BatchStream {
 public:
  /// Throws Error(Fault::usage) when a part does not fill one row.
  BatchStream(std::vector<MixturePart> parts, const BatchOptions& options);

  /// Rows of all parts together.
  std::uint64_t rows() const { return rows_; }
  /// As many rows in batches: packed epochs end anywhere in a batch, padded ones with a whole one.
  double batches_per_epoch() const;
  /// Targets of a batch on average: fewer than its positions only where rows are padded.
  double targets_per_batch() const;
  /// Targets of batch number `index`.
  std::uint64_t targets(std::uint64_t index) const;

  /// Fills batch number `index` since the start of the run. Each epoch takes the rows of a part in an order of its own
  /// when shuffling: packed, each once, one after the other whatever the size of a batch; padded, at most once, since
  /// what does not fill a batch at its end is left out, unless there are fewer rows than a batch has. Allocates only the
  /// first time.
  void fill(std::uint64_t index, Batch& batch) const;

  /// Row `row` of batch `index`.
  BatchRow row(std::uint64_t index, std::size_t row) const;
  const TokenSet& tokens(std::size_t part) const { return parts_[part].tokens; }
  const BatchOptions& options() const { return options_; }

 private:
  struct Part {
    TokenSet tokens;
    std::uint64_t rows = 0;
    std::uint64_t share = 0;               // of what the parts before leave, in 2^-20
    std::vector<std::uint64_t> documents{};  // padded: the rows, sorted by length; see packed_row in batch_stream.cpp
  };
  // The part whose turn it is, and how often it was before.
  struct Turn {
    std::size_t part;
    std::uint64_t before;
  };

  Turn turn(std::uint64_t slot) const;
  BatchRow window(const Turn& turn) const;
  BatchRow padded_row(const Turn& batch, std::size_t row) const;

  BatchOptions options_;
  std::vector<Part> parts_;
  std::uint64_t rows_ = 0;
  double targets_per_batch_ = 0;
};

}  // namespace diecast
