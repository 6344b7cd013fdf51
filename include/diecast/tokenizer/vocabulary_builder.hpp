#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <diecast/core/thread_pool.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// What tokenizer to learn.
struct VocabularyOptions {
  std::string kind = "bpe";         ///< "bpe", "word", "char" or "byte"
  std::size_t size = 0;             ///< entries at most
  std::uint64_t memory = 0;         ///< bytes that counted pieces may take; 0: no limit
  std::uint64_t min_frequency = 0;  ///< of an entry in the text; 0: 2 for bpe, 1 for the others
};

/// Learns a tokenizer from text. The result depends on the texts and their order alone, without a limit of memory on
/// the texts alone, and never on the number of threads.
class VocabularyBuilder {
 public:
  /// Throws Error(Fault::usage) if `options.size` is too small for the kind.
  VocabularyBuilder(const VocabularyOptions& options, ThreadPool& pool);
  ~VocabularyBuilder();

  /// Whether the tokenizer depends on text at all.
  bool needs_text() const;
  void add(std::span<const std::string_view> texts);
  /// Throws Error(Fault::usage) if a kind that needs text was given no piece of any. `tick` is as for `train_bpe`.
  std::unique_ptr<Tokenizer> build(const std::function<void()>& tick = [] {}) const;

  std::uint64_t bytes() const;   ///< of text, so far
  std::uint64_t pruned() const;  ///< occurrences of pieces that went uncounted for want of memory

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diecast
