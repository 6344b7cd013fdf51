#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <diecast/tokenizer/tokenizer.hpp>
#include <diecast/tokenizer/vocabulary.hpp>

namespace diecast {

/// Lower-cased words (Cut::words), each an entry or `<unk>`. What stands between words is lost: `decode` puts a space
/// between any two.
class WordTokenizer final : public Tokenizer {
 public:
  static constexpr std::string_view kPadding = "<pad>";
  static constexpr std::string_view kUnknown = "<unk>";
  static constexpr std::string_view kBegin = "<bos>";
  static constexpr std::string_view kEnd = "<eos>";

  /// Among the entries are `<unk>` and `<eos>`. Throws std::invalid_argument if they are not; who reads entries from a
  /// user checks them first.
  explicit WordTokenizer(std::vector<std::string> entries);

  std::string_view kind() const override { return "word"; }
  std::size_t vocab_size() const override { return vocabulary_.size(); }
  Token end_of_text() const override { return end_; }
  Token unknown() const { return unknown_; }
  void encode(std::string_view text, std::vector<Token>& out) const override;
  std::string_view token_text(Token token) const override { return vocabulary_.text(token); }
  std::string_view separator() const override { return " "; }
  bool is_lossless() const override { return false; }
  std::uint64_t hash() const override { return vocabulary_.hash(kind()); }

 private:
  Vocabulary vocabulary_;
  Token unknown_, end_;
};

}  // namespace diecast
