#include <diecast/tokenizer/bpe.hpp>

#include <algorithm>
#include <functional>
#include <queue>
#include <stdexcept>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>

namespace diecast {
namespace {

constexpr std::uint64_t pair_key(Token left, Token right) { return std::uint64_t{left} << 32 | right; }

}  // namespace

/// Merges the bytes of one piece; its buffers are reused from piece to piece.
class BpeTokenizer::PieceEncoder {
 public:
  explicit PieceEncoder(const BpeTokenizer& bpe) : bpe_(bpe) {}

  void encode(std::string_view piece, std::vector<Token>& out) {
    start(piece);
    while (!candidates_.empty()) {
      const std::uint64_t best = candidates_.top();
      candidates_.pop();
      apply(bpe_.merges_[best >> 32], static_cast<std::uint32_t>(best));
    }
    for (std::uint32_t i = 0; i < symbols_.size(); i = symbols_[i].next) out.push_back(symbols_[i].token);
  }

 private:
  static constexpr Token kMerged = kIgnoredToken;  // belongs to the symbol on its left now

  struct Symbol {
    Token token;
    std::uint32_t previous, next;  // positions in a piece below 4 GiB; first and last point to its end
  };

  void start(std::string_view piece) {
    const auto size = static_cast<std::uint32_t>(piece.size());
    symbols_.resize(size);
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto token = bpe_.byte_tokens_[static_cast<unsigned char>(piece[i])];
      symbols_[i] = {.token = token, .previous = i > 0 ? i - 1 : size, .next = i + 1};
    }
    for (std::uint32_t i = 0; i + 1 < size; ++i) propose(i);
  }

  // Queues the merge of the symbol at `position` with its right neighbour, if there is one.
  void propose(std::uint32_t position) {
    const auto& symbol = symbols_[position];
    const auto rank = bpe_.ranks_.find(pair_key(symbol.token, symbols_[symbol.next].token));
    if (rank != bpe_.ranks_.end()) candidates_.push(std::uint64_t{rank->second} << 32 | position);
  }

  void apply(const Merge& merge, std::uint32_t position) {
    auto& left = symbols_[position];
    const auto size = symbols_.size();
    // Another merge may have taken either symbol since this one was proposed.
    if (left.token != merge.left || left.next == size || symbols_[left.next].token != merge.right) return;
    auto& right = symbols_[left.next];
    left.token = merge.product;
    left.next = right.next;
    right.token = kMerged;
    if (left.next < size) {
      symbols_[left.next].previous = position;
      propose(position);
    }
    if (left.previous < size) propose(left.previous);
  }

  const BpeTokenizer& bpe_;
  std::vector<Symbol> symbols_;
  // Rank in the upper half, position in the lower: the earliest merge first, from left to right.
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> candidates_;
};

std::size_t BpeTokenizer::BytesHash::operator()(std::string_view bytes) const {
  return XXH3_64bits(bytes.data(), bytes.size());
}

BpeTokenizer::BpeTokenizer(std::vector<std::string> vocabulary, std::vector<Merge> merges, Token end_of_text)
    : vocabulary_(std::move(vocabulary)), merges_(std::move(merges)), end_of_text_(end_of_text) {
  byte_tokens_.fill(kIgnoredToken);
  for (Token token = 0; token < vocab_size(); ++token) {
    const auto& bytes = vocabulary_[token];
    if (bytes.size() != 1) continue;
    auto& byte_token = byte_tokens_[static_cast<unsigned char>(bytes[0])];
    byte_token = std::min(byte_token, token);  // an added token may be the same byte
  }
  if (std::ranges::find(byte_tokens_, kIgnoredToken) != byte_tokens_.end())
    throw std::invalid_argument("BpeTokenizer: the vocabulary lacks a byte");

  for (std::uint32_t rank = 0; rank < merges_.size(); ++rank) {
    const auto& [left, right, product] = merges_[rank];
    if (std::max({left, right, product}) >= vocab_size())
      throw std::invalid_argument("BpeTokenizer: a merge leaves the vocabulary");
    ranks_[pair_key(left, right)] = rank;
  }

  PieceEncoder encoder(*this);
  std::vector<Token> encoded;
  for (Token token = 0; token < vocab_size(); ++token) {
    encoded.clear();
    encoder.encode(vocabulary_[token], encoded);
    if (encoded == std::vector{token}) whole_pieces_.emplace(vocabulary_[token], token);
  }
}

void BpeTokenizer::encode(std::string_view text, std::vector<Token>& out) const {
  PieceEncoder encoder(*this);
  for_each_piece(text, [&](std::string_view piece) {
    const auto whole = whole_pieces_.find(piece);
    if (whole != whole_pieces_.end())
      out.push_back(whole->second);
    else
      encoder.encode(piece, out);
  });
}

std::string BpeTokenizer::decode(std::span<const Token> tokens) const {
  std::string text;
  for (const Token token : tokens) text += token_text(token);
  return text;
}

std::string_view BpeTokenizer::token_text(Token token) const {
  if (token >= vocab_size())
    throw Error(Fault::usage, "token " + std::to_string(token) + " is not in the vocabulary", {},
                "use ids from 0 to " + std::to_string(vocab_size() - 1));
  return vocabulary_[token];
}

std::uint64_t BpeTokenizer::hash() const {
  std::string content = std::to_string(end_of_text_) + '\n';
  for (const auto& bytes : vocabulary_) content += std::to_string(bytes.size()) + ' ' + bytes;
  for (const auto& merge : merges_)
    content += std::to_string(merge.left) + ' ' + std::to_string(merge.right) + '\n';
  return XXH3_64bits(content.data(), content.size());
}

}  // namespace diecast
