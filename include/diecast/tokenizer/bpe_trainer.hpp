#pragma once

#include <cstddef>
#include <cstdint>
#include <diecast/tokenizer/bpe.hpp>
#include <diecast/tokenizer/piece_counter.hpp>
#include <functional>

namespace diecast {

/// Learns byte pair encoding from pieces of Cut::gpt2: a vocabulary of up to `vocab_size` tokens, which are
/// end-of-text (id 0), the 256 bytes by `byte_alphabet`, then the products of the merges. The next merge is
/// the most frequent pair of tokens, of equals the one with the smaller (left, right); it must occur
/// `min_frequency` times. These are the merges of Hugging Face's BpeTrainer over the full byte alphabet.
/// `tick` is called now and then and may throw to end it. Throws Error(Fault::usage) if `vocab_size` is below
/// 257.
BpeTokenizer train_bpe(const PieceCounter& pieces, std::size_t vocab_size, std::uint64_t min_frequency = 2,
                       const std::function<void()>& tick = [] {});

}  // namespace diecast
