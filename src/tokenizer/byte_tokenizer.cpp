#include <diecast/tokenizer/byte_tokenizer.hpp>

#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tokenizer/unknown_token.hpp"

namespace diecast {
namespace {

constexpr std::array<char, 256> kEveryByte = [] {
  std::array<char, 256> bytes{};
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) bytes[byte] = static_cast<char>(byte);
  return bytes;
}();

}  // namespace

void ByteTokenizer::encode(std::string_view text, std::vector<Token>& out) const {
  for (const char byte : text) out.push_back(static_cast<unsigned char>(byte));
}

std::string_view ByteTokenizer::token_text(Token token) const {
  if (token > kEnd) refuse_unknown_token(token, vocab_size());
  return token == kEnd ? kEndOfText : std::string_view(&kEveryByte[token], 1);
}

std::uint64_t ByteTokenizer::hash() const { return XXH3_64bits("byte", 4); }

}  // namespace diecast
