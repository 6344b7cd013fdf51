#pragma once

#include <cstddef>
#include <cstdint>
#include <diecast/core/token.hpp>
#include <diecast/tokenizer/tokenizer.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  bool is_lossless() const override { return true; }
  std::uint64_t hash() const override;

 private:
  class PieceEncoder;
  struct Tables;

  std::vector<std::string> vocabulary_;
  std::vector<Merge> merges_;
  Token end_of_text_;
  std::shared_ptr<const Tables> tables_;  // the same for all copies
};

}  // namespace diecast
