#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// Every byte is its own id, 256 ends a document. Needs no training and encodes any bytes.
class ByteTokenizer final : public Tokenizer {
 public:
  static constexpr Token kEnd = 256;

  std::string_view kind() const override { return "byte"; }
  std::size_t vocab_size() const override { return kEnd + 1; }
  Token end_of_text() const override { return kEnd; }
  void encode(std::string_view text, std::vector<Token>& out) const override;
  std::string_view token_text(Token token) const override;
  bool is_lossless() const override { return true; }
  std::uint64_t hash() const override;
};

}  // namespace diecast
