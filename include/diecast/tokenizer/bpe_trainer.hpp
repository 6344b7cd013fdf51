#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// Learns a BpeTokenizer from text. The result depends on the pieces and how often each was added, not on
/// their order, and equals that of Hugging Face's BpeTrainer over the full byte alphabet.
class BpeTrainer {
 public:
  /// Counts the pieces of `text`, which is cut as if nothing came before or after it.
  void add(std::string_view text);

  /// A vocabulary of up to `vocab_size` tokens: end-of-text (id 0), the 256 bytes by `byte_alphabet`, then
  /// the products of the merges. The next merge is the most frequent pair of tokens, of equals the one with
  /// the smaller (left, right); it must occur `min_frequency` times. Throws Error(Fault::usage) if
  /// `vocab_size` is below 257.
  BpeTokenizer train(std::size_t vocab_size, std::uint64_t min_frequency = 2) const;

 private:
  std::unordered_map<std::string, std::uint64_t> piece_counts_;
};

}  // namespace diecast
