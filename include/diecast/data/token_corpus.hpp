#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/core/token.hpp>
#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// A corpus as token ids, each document followed by end-of-text.
struct TokenCorpus {
  std::vector<Token> train;
  std::vector<Token> validation;
};

/// Which part of a corpus is kept for validation.
struct ValidationSplit {
  std::vector<bool> whole;  ///< for each document, whether all of it is
  std::size_t cut = 0;      ///< the document of which the end is,
  double tail = 0;          ///< the last `tail` of it; 0: of none
};

/// Keeps `fraction` of the bytes of a corpus for validation. Documents are taken in the order of a keyed hash
/// of their index until that share is reached; one that would make it more than twice the share, or leave
/// less than half of what training is due, is passed over. What is then missing is cut from the end of the
/// first document passed over. A fraction of 0 keeps none.
ValidationSplit choose_validation(std::span<const std::string> documents, double fraction,
                                  std::uint64_t seed);

/// What of document `i` is not kept for validation, about to the byte.
std::string_view text_to_train(const ValidationSplit& split, std::span<const std::string> documents,
                               std::size_t i);

/// Encodes documents, in their order, and splits them by `choose_validation`; of a document that is cut, both
/// sets have a part. If the fraction is not 0, there are two validation tokens at least, the fewest of which one
/// is predicted, unless the only document to cut has less than four. The result does not depend on the number
/// of threads. Throws Error(Fault::usage) unless 0 <= validation_fraction < 1.
TokenCorpus tokenize_documents(std::span<const std::string> documents, const BpeTokenizer& tokenizer,
                               double validation_fraction, std::uint64_t seed, ThreadPool& pool);

/// XXH3-64 of token ids: equal for equal texts, tokenizers and splits.
std::uint64_t hash_tokens(std::span<const Token> tokens);

}  // namespace diecast
