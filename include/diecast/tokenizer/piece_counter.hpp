#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/thread_pool.hpp>

namespace diecast {

/// How text is cut into the pieces that are counted.
enum class Cut {
  gpt2,        ///< pretokenizer.hpp
  words,       ///< lower-cased runs of letters, digits and apostrophes, as word tokenizers have them
  characters,  ///< Unicode scalar values; each byte that is not UTF-8 by itself
};

/// Counts the pieces of a corpus on all cores. The counts do not depend on the number of threads nor on how the
/// documents are handed over.
class PieceCounter {
 public:
  /// With `max_bytes` > 0, tables that would outgrow it are pruned of their rarest pieces, the same ones for any number
  /// of threads. Some 32 MiB are needed in any case.
  PieceCounter(Cut cut, ThreadPool& pool, std::uint64_t max_bytes = 0);
  ~PieceCounter();

  void add(std::span<const std::string_view> texts);
  void add(std::string_view text) { add({&text, 1}); }

  struct Entry {
    std::string_view piece;  ///< valid until the next `add`
    std::uint64_t count;
  };
  /// The most frequent first, of equals the lesser in byte order.
  std::vector<Entry> sorted() const;

  std::uint64_t bytes() const;   ///< of text, so far
  std::uint64_t pruned() const;  ///< occurrences that are no longer counted, for want of memory

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diecast
