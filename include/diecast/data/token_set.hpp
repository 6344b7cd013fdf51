#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <diecast/core/token.hpp>

namespace diecast {

class TokenShard;

/// A document, or the part of one, that a stretch of tokens is of.
struct TokenOrigin {
  std::string_view name;      ///< of the document; of its file where documents have no names
  std::uint64_t id = 0;       ///< of the document in its source
  std::uint64_t tokens = 0;   ///< of the stretch
};

/// Tokens in order, out of mapped shards or memory, wherever they begin and end. A copy is of the same tokens. Const
/// members are thread-safe. Of what is mapped, at most about 64 MiB stay resident.
class TokenSet {
 public:
  TokenSet();
  /// Of memory that outlives the set.
  explicit TokenSet(std::span<const Token> tokens);

  /// Appends `count` tokens of a shard, from `first` on.
  void append(std::shared_ptr<const TokenShard> shard, std::uint64_t first, std::uint64_t count);
  void append(const TokenSet& other);
  /// `count` tokens from `first` on.
  TokenSet part(std::uint64_t first, std::uint64_t count) const;

  std::uint64_t size() const { return size_; }
  /// Fills `out` with the tokens from `first` on, of which there must be as many.
  void copy(std::uint64_t first, std::span<Token> out) const;
  /// Calls `take` with pieces of the whole set, in order.
  void for_each_piece(const std::function<void(std::uint64_t first, std::span<const Token>)>& take) const;

  /// Of the text that the tokens were made of; 0 when that is not known.
  std::uint64_t text_bytes() const;
  /// The documents of `count` tokens from `first` on.
  std::vector<TokenOrigin> origins(std::uint64_t first, std::uint64_t count) const;

  /// Equal for equal tokens of equal shards.
  std::uint64_t hash() const;

 private:
  struct Part {
    std::shared_ptr<const TokenShard> shard;  // or
    const Token* memory;
    std::uint64_t first;  // in the shard
    std::uint64_t begin;  // in this set
    std::uint64_t count;
  };
  // Calls use(part, first token within it, count) for the parts of a stretch.
  template <class Use>
  void for_each_part(std::uint64_t first, std::uint64_t count, const Use& use) const;

  std::vector<Part> parts_;
  std::uint64_t size_ = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> touched_;  // bytes of pages since they were last given back
};

}  // namespace diecast
