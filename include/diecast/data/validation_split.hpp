#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <diecast/data/document_stream.hpp>

namespace diecast {

/// Which part of some documents is kept for validation.
struct ValidationSplit {
  std::vector<bool> whole;  ///< for each document, whether all of it is
  std::size_t cut = 0;      ///< the document of which the end is,
  double tail = 0;          ///< the last `tail` of it; 0: of none

  bool is_cut(std::size_t i) const { return tail > 0 && i == cut && !whole[i]; }
  /// What of document `i` is to train on, about to the byte.
  std::string_view text_to_train(std::size_t i, std::string_view text) const;
  /// How many of its first tokens are. A cut document gives two tokens to a validation set that has no others: one to
  /// predict, and one before it.
  std::size_t tokens_to_train(std::size_t i, std::size_t tokens) const;
};

/// Keeps `fraction` of the bytes of documents for validation. They are taken in the order of a keyed hash of their
/// number in the corpus, `first` + their index, until that share is reached; one that would make it more than twice
/// the share, or leave less than half of what training is due, is passed over. What is then missing is cut from the
/// end of the first document passed over. A fraction of 0 keeps none.
ValidationSplit choose_validation(std::span<const std::uint64_t> sizes, double fraction, std::uint64_t seed,
                                  std::uint64_t first = 0);

/// Some documents that follow one another, and which of them validate.
struct DocumentChunk {
  std::vector<Document> documents;
  ValidationSplit split;
};

/// A stream of documents in chunks of about 32 MiB of text or 2^17 documents. Validation is chosen in each chunk by
/// itself, so that its share is known without reading on: a pure function of the corpus, the fraction and the seed.
class DocumentChunks {
 public:
  /// `stream` must outlive this.
  DocumentChunks(DocumentStream& stream, double validation_fraction, std::uint64_t seed)
      : stream_(stream), fraction_(validation_fraction), seed_(seed) {}

  /// Overwrites `chunk` with the next one, or returns false at the end.
  bool next(DocumentChunk& chunk);

 private:
  DocumentStream& stream_;
  double fraction_;
  std::uint64_t seed_;
  std::uint64_t documents_ = 0;
};

/// What of a stream is to train on, document by document.
std::unique_ptr<DocumentStream> training_documents(std::unique_ptr<DocumentStream> all, double validation_fraction,
                                                   std::uint64_t seed);

}  // namespace diecast
