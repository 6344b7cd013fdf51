#include <diecast/data/batch_stream.hpp>

#include <algorithm>
#include <string>

#include <range/v3/algorithm/copy.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/zip.hpp>

#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

#include "data/permutation.hpp"

namespace diecast {
namespace {

namespace views = ranges::views;

std::uint64_t whole_windows(std::span<const Token> tokens, std::size_t seq_len) {
  if (tokens.size() <= seq_len)
    throw Error(Fault::usage,
                "the training text has " + std::to_string(tokens.size()) +
                    " tokens, one sequence and its target need " + std::to_string(seq_len + 1),
                "data.source", "give more text or use a preset with a smaller seq_len");
  return (tokens.size() - 1) / seq_len;
}

}  // namespace

BatchStream::BatchStream(std::span<const Token> tokens, std::size_t seq_len, std::size_t batch_size,
                         std::uint64_t seed, bool shuffle)
    : tokens_(tokens),
      seq_len_(seq_len),
      batch_size_(batch_size),
      seed_(seed),
      shuffle_(shuffle),
      windows_(whole_windows(tokens, seq_len)),
      slots_per_epoch_(windows_ < batch_size ? windows_ : windows_ / batch_size * batch_size) {}

std::uint64_t BatchStream::batches_per_epoch() const {
  return std::max<std::uint64_t>(1, windows_ / batch_size_);
}

std::uint64_t BatchStream::window_of_slot(std::uint64_t slot) const {
  const std::uint64_t epoch = slot / slots_per_epoch_;
  const std::uint64_t place = slot % slots_per_epoch_;
  return shuffle_ ? Permutation(windows_, Random{seed_, epoch})(place) : place;
}

void BatchStream::fill(std::uint64_t index, Batch& batch) const {
  batch.inputs.resize(batch_size_ * seq_len_);
  batch.targets.resize(batch_size_ * seq_len_);
  // slots -> windows: the tokens of one sequence and the one after it.
  const auto windows = views::iota(index * batch_size_, (index + 1) * batch_size_)
                       | views::transform([this](std::uint64_t slot) { return window_of_slot(slot); })
                       | views::transform([this](std::uint64_t window) {
                           return tokens_.subspan(window * seq_len_, seq_len_ + 1);
                         });
  for (auto&& [window, inputs, targets] :
       views::zip(windows, batch.inputs | views::chunk(seq_len_), batch.targets | views::chunk(seq_len_))) {
    ranges::copy(window.first(seq_len_), inputs.begin());
    ranges::copy(window.last(seq_len_), targets.begin());
  }
}

}  // namespace diecast
