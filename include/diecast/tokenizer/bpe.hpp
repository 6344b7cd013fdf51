#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <diecast/core/token.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// A rule of byte pair encoding: `left` followed by `right` becomes `product`.
struct Merge {
  Token left, right, product;
};

/// Byte-level byte pair encoding (Sennrich et al. 2016; over bytes as in GPT-2, Radford et al. 2019). Encodes
/// any bytes, valid UTF-8 or not, and `decode` gives them back.
class BpeTokenizer final : public Tokenizer {
 public:
  /// `vocabulary[id]` is the bytes of token `id`; it holds each single byte and `vocabulary[end_of_text]` is
  /// special. `merges` are in order of application and refer to `vocabulary`. Throws std::invalid_argument if
  /// they do not; who reads a vocabulary from a user checks it first.
  BpeTokenizer(std::vector<std::string> vocabulary, std::vector<Merge> merges, Token end_of_text);

  std::span<const Merge> merges() const { return merges_; }

  std::string_view kind() const override { return "bpe"; }
  std::size_t vocab_size() const override { return vocabulary_.size(); }
  Token end_of_text() const override { return end_of_text_; }
  void encode(std::string_view text, std::vector<Token>& out) const override;
  std::string_view token_text(Token token) const override;
  std::string decode(std::span<const Token> tokens) const override;
  bool is_lossless() const override { return true; }
  std::uint64_t hash() const override;

 private:
  class PieceEncoder;
  struct BytesHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const;
  };

  std::vector<std::string> vocabulary_;
  std::vector<Merge> merges_;
  Token end_of_text_;
  std::array<Token, 256> byte_tokens_;
  std::unordered_map<std::uint64_t, std::uint32_t> ranks_;  // pair -> index into merges_
  // Pieces that become one token: nearly every word of a text, found without merging.
  std::unordered_map<std::string, Token, BytesHash, std::equal_to<>> whole_pieces_;
};

}  // namespace diecast
