#include <xxhash.h>

#include <algorithm>
#include <array>
#include <diecast/tokenizer/bpe.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>
#include <functional>
#include <queue>
#include <stdexcept>
#include <utility>

#include "tokenizer/pair_map.hpp"
#include "tokenizer/piece_table.hpp"
#include "tokenizer/unknown_token.hpp"

namespace diecast {

struct BpeTokenizer::Tables {
  std::array<Token, 256> byte_tokens;
  PairMap ranks;            // pair -> index into the merges
  PieceTable whole_pieces;  // that become one token: nearly every word of a text, found without merging
};

/// Merges the bytes of one piece; its buffers are reused from piece to piece.
class BpeTokenizer::PieceEncoder {
 public:
  PieceEncoder(const Tables& tables, std::span<const Merge> merges) : tables_(tables), merges_(merges) {}

  void encode(std::string_view piece, std::vector<Token>& out) {
    if (piece.size() <= kShort)
      encode_short(piece, out);
    else
      encode_long(piece, out);
  }

 private:
  // Where looking at every rank for each merge costs less than a queue.
  static constexpr std::size_t kShort = 32;
  static constexpr Token kMerged = kIgnoredToken;  // belongs to the symbol on its left now

  Token byte_token(char byte) const { return tables_.byte_tokens[static_cast<unsigned char>(byte)]; }

  void encode_short(std::string_view piece, std::vector<Token>& out) {
    std::array<Token, kShort> tokens;
    std::array<std::uint32_t, kShort> ranks;  // of each token with the one after it
    std::size_t size = piece.size();
    const auto rank = [&](std::size_t i) {
      ranks[i] = i + 1 < size ? tables_.ranks.find(tokens[i], tokens[i + 1]) : PairMap::kNone;
    };
    for (std::size_t i = 0; i < size; ++i) tokens[i] = byte_token(piece[i]);
    for (std::size_t i = 0; i < size; ++i) rank(i);
    while (true) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < size; ++i)
        if (ranks[i] < ranks[best]) best = i;
      if (size == 0 || ranks[best] == PairMap::kNone) break;
      tokens[best] = merges_[ranks[best]].product;
      --size;
      for (std::size_t i = best + 1; i < size; ++i) {
        tokens[i] = tokens[i + 1];
        ranks[i] = ranks[i + 1];
      }
      rank(best);
      if (best > 0) rank(best - 1);
    }
    out.insert(out.end(), tokens.begin(), tokens.begin() + size);
  }

  struct Symbol {
    Token token;
    std::uint32_t previous, next;  // positions in a piece below 4 GiB; first and last point to its end
  };

  void encode_long(std::string_view piece, std::vector<Token>& out) {
    start(piece);
    while (!candidates_.empty()) {
      const std::uint64_t best = candidates_.top();
      candidates_.pop();
      apply(merges_[best >> 32], static_cast<std::uint32_t>(best));
    }
    for (std::uint32_t i = 0; i < symbols_.size(); i = symbols_[i].next) out.push_back(symbols_[i].token);
  }

  void start(std::string_view piece) {
    const auto size = static_cast<std::uint32_t>(piece.size());
    symbols_.resize(size);
    for (std::uint32_t i = 0; i < size; ++i)
      symbols_[i] = {.token = byte_token(piece[i]), .previous = i > 0 ? i - 1 : size, .next = i + 1};
    for (std::uint32_t i = 0; i + 1 < size; ++i) propose(i);
  }

  // Queues the merge of the symbol at `position` with its right neighbour, if there is one.
  void propose(std::uint32_t position) {
    const auto& symbol = symbols_[position];
    const std::uint32_t rank = tables_.ranks.find(symbol.token, symbols_[symbol.next].token);
    if (rank != PairMap::kNone) candidates_.push(std::uint64_t{rank} << 32 | position);
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

  const Tables& tables_;
  std::span<const Merge> merges_;
  std::vector<Symbol> symbols_;
  // Rank in the upper half, position in the lower: the earliest merge first, from left to right.
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> candidates_;
};

BpeTokenizer::BpeTokenizer(std::vector<std::string> vocabulary, std::vector<Merge> merges, Token end_of_text)
    : vocabulary_(std::move(vocabulary)), merges_(std::move(merges)), end_of_text_(end_of_text) {
  auto tables = std::make_shared<Tables>();
  auto& byte_tokens = tables->byte_tokens;
  byte_tokens.fill(kIgnoredToken);
  for (Token token = 0; token < vocab_size(); ++token) {
    const auto& bytes = vocabulary_[token];
    if (bytes.size() != 1) continue;
    auto& byte_token = byte_tokens[static_cast<unsigned char>(bytes[0])];
    byte_token = std::min(byte_token, token);  // an added token may be the same byte
  }
  if (std::ranges::find(byte_tokens, kIgnoredToken) != byte_tokens.end())
    throw std::invalid_argument("BpeTokenizer: the vocabulary lacks a byte");

  for (std::uint32_t rank = 0; rank < merges_.size(); ++rank) {
    const auto& [left, right, product] = merges_[rank];
    if (std::max({left, right, product}) >= vocab_size())
      throw std::invalid_argument("BpeTokenizer: a merge leaves the vocabulary");
    tables->ranks(left, right) = rank;
  }

  PieceEncoder encoder(*tables, merges_);
  std::vector<Token> encoded;
  for (Token token = 0; token < vocab_size(); ++token) {
    const std::string_view piece = vocabulary_[token];
    encoded.clear();
    encoder.encode(piece, encoded);
    if (encoded == std::vector{token})
      tables->whole_pieces[piece_key(piece, piece.data() + piece.size())] = token;
  }
  tables_ = std::move(tables);
}

void BpeTokenizer::encode(std::string_view text, std::vector<Token>& out) const {
  PieceEncoder encoder(*tables_, merges_);
  const char* end = text.data() + text.size();
  for_each_piece(text, [&](std::string_view piece) {
    if (const std::uint64_t* token = tables_->whole_pieces.find(piece_key(piece, end)))
      out.push_back(static_cast<Token>(*token));
    else
      encoder.encode(piece, out);
  });
}

std::string_view BpeTokenizer::token_text(Token token) const {
  if (token >= vocab_size()) refuse_unknown_token(token, vocab_size());
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
