#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <diecast/core/token.hpp>
#include <diecast/data/batch.hpp>

namespace diecast {

/// The micro-batches of a training run, without end. Tokens are cut into packed windows: window i is tokens
/// i T ... i T + T - 1 and its targets are those one further. Every batch is a pure function of (seed,
/// index), so that a resumed run goes on with the batch it would have had.
class BatchStream {
 public:
  /// `tokens` must outlive the stream. Throws Error(Fault::usage) when they do not fill one window.
  BatchStream(std::span<const Token> tokens, std::size_t seq_len, std::size_t batch_size, std::uint64_t seed,
              bool shuffle);

  std::uint64_t windows() const { return windows_; }
  /// Whole batches in one pass over the windows, at least 1.
  std::uint64_t batches_per_epoch() const;

  /// Fills batch number `index` since the start of the run. An epoch takes each window at most once, in an
  /// order of its own when shuffling; what does not fill a batch at its end is left out. If there are fewer
  /// windows than a batch has rows, they are dealt again and again, each as often as the others.
  void fill(std::uint64_t index, Batch& batch) const;

 private:
  std::uint64_t window_of_slot(std::uint64_t slot) const;

  std::span<const Token> tokens_;
  std::size_t seq_len_, batch_size_;
  std::uint64_t seed_;
  bool shuffle_;
  std::uint64_t windows_;
  std::uint64_t slots_per_epoch_;  // rows of batches that one epoch fills
};

}  // namespace diecast
