#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/core/token.hpp>
#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// A corpus as token ids, each document followed by end-of-text.
struct TokenCorpus {
  std::vector<Token> train;
  std::vector<Token> validation;
  std::size_t train_documents = 0;
  std::size_t validation_documents = 0;
  std::size_t train_bytes = 0;       ///< of text, which end-of-text is not
  std::size_t validation_bytes = 0;  ///< bits per byte = nats of the whole set / ln 2 / this
};

/// Which documents are kept for validation: the `fraction` of them whose keyed hash of the index is smallest,
/// at least one and never all. With less than two documents, or a fraction of 0, none.
std::vector<bool> choose_validation(std::size_t documents, double fraction, std::uint64_t seed);

/// Encodes documents, in their order, and splits them by `choose_validation`. Of a single document the last
/// `validation_fraction` of its tokens is kept for validation. The result does not depend on the number of
/// threads. Throws Error(Fault::usage) unless 0 <= validation_fraction < 1.
TokenCorpus tokenize_documents(std::span<const std::string> documents, const BpeTokenizer& tokenizer,
                               double validation_fraction, std::uint64_t seed, ThreadPool& pool);

}  // namespace diecast
