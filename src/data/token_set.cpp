#include <diecast/data/token_set.hpp>

#include <algorithm>
#include <string>

#include <xxhash.h>

#include "data/token_shard.hpp"

namespace diecast {
namespace {

// A touch brings in up to 64 KiB around it ("fault-around" of Linux).
constexpr std::uint64_t kTouch = std::uint64_t{64} << 10;
constexpr std::uint64_t kMostTouched = std::uint64_t{64} << 20;
constexpr std::uint64_t kPieceTokens = std::uint64_t{1} << 18;

}  // namespace

TokenSet::TokenSet() : touched_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

TokenSet::TokenSet(std::span<const Token> tokens) : TokenSet() {
  if (!tokens.empty()) parts_.push_back({nullptr, tokens.data(), 0, 0, tokens.size()});
  size_ = tokens.size();
}

void TokenSet::append(std::shared_ptr<const TokenShard> shard, std::uint64_t first, std::uint64_t count) {
  if (count == 0) return;
  parts_.push_back({std::move(shard), nullptr, first, size_, count});
  size_ += count;
}

void TokenSet::append(const TokenSet& other) {
  for (Part part : other.parts_) {
    part.begin = size_;
    size_ += part.count;
    parts_.push_back(std::move(part));
  }
}

template <class Use>
void TokenSet::for_each_part(std::uint64_t first, std::uint64_t count, const Use& use) const {
  auto part = std::upper_bound(parts_.begin(), parts_.end(), first,
                               [](std::uint64_t token, const Part& p) { return token < p.begin; });
  for (part -= part != parts_.begin(); count > 0; ++part) {
    const std::uint64_t within = first - part->begin;
    const std::uint64_t taken = std::min(count, part->count - within);
    use(*part, within, taken);
    first += taken;
    count -= taken;
  }
}

TokenSet TokenSet::part(std::uint64_t first, std::uint64_t count) const {
  TokenSet taken;
  for_each_part(first, count, [&](const Part& from, std::uint64_t within, std::uint64_t tokens) {
    taken.parts_.push_back({from.shard, from.memory, from.first + within, taken.size_, tokens});
    taken.size_ += tokens;
  });
  return taken;
}

void TokenSet::copy(std::uint64_t first, std::span<Token> out) const {
  std::size_t done = 0;
  for_each_part(first, out.size(), [&](const Part& part, std::uint64_t within, std::uint64_t count) {
    const std::span<Token> into = out.subspan(done, count);
    if (part.shard)
      part.shard->copy(part.first + within, into);
    else
      std::copy_n(part.memory + part.first + within, count, into.begin());
    done += count;
  });
  const std::uint64_t touch = std::max<std::uint64_t>(kTouch, out.size_bytes());
  if (touched_->fetch_add(touch, std::memory_order_relaxed) + touch < kMostTouched) return;
  touched_->store(0, std::memory_order_relaxed);
  for (const Part& part : parts_)
    if (part.shard) part.shard->release();
}

void TokenSet::for_each_piece(const std::function<void(std::uint64_t, std::span<const Token>)>& take) const {
  std::vector<Token> piece;
  for (std::uint64_t first = 0; first < size_; first += piece.size()) {
    piece.resize(std::min(kPieceTokens, size_ - first));
    copy(first, piece);
    take(first, piece);
  }
}

std::uint64_t TokenSet::text_bytes() const {
  std::uint64_t bytes = 0;
  for (const Part& part : parts_) {
    if (!part.shard || part.shard->text_bytes() == 0) return 0;
    bytes += part.shard->text_bytes();
  }
  return bytes;
}

std::vector<TokenOrigin> TokenSet::origins(std::uint64_t first, std::uint64_t count) const {
  std::vector<TokenOrigin> found;
  for_each_part(first, count, [&](const Part& part, std::uint64_t within, std::uint64_t taken) {
    if (!part.shard || part.shard->documents() == 0) {
      found.push_back({part.shard ? std::string_view(part.shard->path().native()) : "memory", 0, taken});
      return;
    }
    const std::uint64_t begin = part.first + within, end = begin + taken;
    for (std::uint64_t i = part.shard->document_of(begin); i < part.shard->documents(); ++i) {
      const ShardDocument document = part.shard->document(i);
      if (document.first >= end) break;
      const std::uint64_t tokens = std::min(end, document.end) - std::max(begin, document.first);
      if (tokens > 0) found.push_back({document.name, document.id, tokens});
    }
  });
  return found;
}

std::uint64_t TokenSet::hash() const {
  std::vector<std::uint64_t> hashes;
  for (const Part& part : parts_)
    hashes.insert(hashes.end(), {part.shard ? part.shard->hash() : XXH3_64bits(part.memory, 4 * part.count),
                                 part.first, part.count});
  return XXH3_64bits(hashes.data(), hashes.size() * sizeof(std::uint64_t));
}

}  // namespace diecast
