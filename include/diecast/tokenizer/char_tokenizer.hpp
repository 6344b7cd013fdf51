#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/tokenizer/tokenizer.hpp>
#include <diecast/tokenizer/vocabulary.hpp>

namespace diecast {

/// Unicode scalar values, each an entry or `<unk>`; so is every byte that is not UTF-8.
class CharTokenizer final : public Tokenizer {
 public:
  static constexpr std::string_view kUnknown = "<unk>";

  /// Among the entries are kEndOfText and `<unk>`; an entry longer than a character is one to which no text encodes.
  /// Throws std::invalid_argument if they are not; who reads entries from a user checks them first.
  explicit CharTokenizer(std::vector<std::string> entries);

  std::string_view kind() const override { return "char"; }
  std::size_t vocab_size() const override { return vocabulary_.size(); }
  Token end_of_text() const override { return end_; }
  Token unknown() const { return unknown_; }
  void encode(std::string_view text, std::vector<Token>& out) const override;
  std::string_view token_text(Token token) const override { return vocabulary_.text(token); }
  bool is_lossless() const override { return false; }
  std::uint64_t hash() const override { return vocabulary_.hash(kind()); }

 private:
  Vocabulary vocabulary_;
  Token unknown_, end_;
  std::array<Token, 0x80> ascii_;  // most of most texts, found without hashing
};

}  // namespace diecast
