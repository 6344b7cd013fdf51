#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/mix.hpp"

namespace diecast {

/// A piece as PieceTable looks for it. Its bytes are in two registers if there are at most kShort; of a
/// longer one it is the hash that is compared before the bytes.
struct PieceKey {
  static constexpr std::size_t kShort = 16;

  std::string_view piece;
  std::uint64_t low, high;

  std::uint64_t hash() const { return mix(low ^ piece.size(), high); }
  bool is_short() const { return piece.size() <= kShort; }
};

PieceKey long_piece_key(std::string_view piece);

/// The key of `piece`. Memory can be read up to `readable_end`, which is not before the piece's end.
inline PieceKey piece_key(std::string_view piece, const char* readable_end) {
  const std::size_t size = piece.size();
  if (size > PieceKey::kShort) return long_piece_key(piece);
  std::array<std::uint64_t, 2> words{};
  if (readable_end - piece.data() < static_cast<std::ptrdiff_t>(PieceKey::kShort)) {
    if (size > 0) std::memcpy(words.data(), piece.data(), size);
    return {piece, words[0], words[1]};
  }
  std::memcpy(words.data(), piece.data(), sizeof words);
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  const auto keep = [](std::uint64_t word, std::size_t bytes) {  // of 1 to 8
    return word & kAll >> (64 - 8 * bytes);
  };
  static_assert(std::endian::native == std::endian::little, "piece_key: the first byte must be the lowest");
  if (size <= 8) return {piece, keep(words[0], size), 0};
  return {piece, words[0], keep(words[1], size - 8)};
}

/// A hash table from pieces to numbers, with open addressing and nothing allocated for a piece of its own.
/// Pieces are not empty.
class PieceTable {
 public:
  PieceTable() : slots_(kFirstSlots) {}

  /// The place of a piece's number, 0 if the piece is new. Valid until the next call.
  std::uint64_t& operator[](const PieceKey& key) {
    reserve(size_ + 1);
    Slot& slot = slots_[position(key)];
    if (slot.size == 0) fill(slot, key);
    return slot.number;
  }

  /// The place of a piece's number, or null.
  const std::uint64_t* find(const PieceKey& key) const {
    const Slot& slot = slots_[position(key)];
    return slot.size == 0 ? nullptr : &slot.number;
  }

  /// Makes room for so many pieces. Needed before those of another table come in: they come in the order of
  /// their hashes, and would fill a part of the slots to the last one.
  void reserve(std::size_t pieces) {
    while (4 * pieces > 3 * slots_.size()) grow();
  }

  std::size_t size() const { return size_; }

  /// Bytes that the pieces take, each byte of long ones counted `weight` times: a measure of content that does not depend
  /// on how the table came about.
  std::uint64_t bytes(std::uint64_t weight) const { return bytes_of(size_, weight * long_bytes_.size()); }
  static std::uint64_t bytes_of(std::string_view piece, std::uint64_t weight) {
    return bytes_of(1, piece.size() <= PieceKey::kShort ? 0 : weight * piece.size());
  }

  /// Calls `visit(piece, number)` in no order; pieces are views into the table.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_)
      if (slot.size != 0) visit(piece_of(slot), slot.number);
  }

 private:
  static constexpr std::size_t kFirstSlots = 1024;

  // The bytes of a short piece; of a long one its hash and where it is among the long bytes.
  struct Slot {
    std::array<char, 16> bytes;
    std::uint64_t number;
    std::uint64_t size;  // of the piece; 0: the slot is free
  };

  // Between three eighths and three quarters of the slots are taken.
  static std::uint64_t bytes_of(std::uint64_t pieces, std::uint64_t long_bytes) {
    return pieces * 2 * sizeof(Slot) + long_bytes;
  }

  static std::uint64_t load(const Slot& slot, std::size_t offset) {
    std::uint64_t word;
    std::memcpy(&word, slot.bytes.data() + offset, sizeof word);
    return word;
  }

  std::string_view piece_of(const Slot& slot) const {
    if (slot.size <= PieceKey::kShort) return {slot.bytes.data(), slot.size};
    return {long_bytes_.data() + load(slot, 8), slot.size};
  }

  bool holds(const Slot& slot, const PieceKey& key) const {
    if (slot.size != key.piece.size() || load(slot, 0) != key.low) return false;
    return key.is_short() ? load(slot, 8) == key.high : piece_of(slot) == key.piece;
  }

  std::size_t position(const PieceKey& key) const {
    std::size_t at = key.hash() & (slots_.size() - 1);
    while (slots_[at].size != 0 && !holds(slots_[at], key)) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void fill(Slot& slot, const PieceKey& key);
  void grow();

  std::vector<Slot> slots_;  // a power of two, at least one is free
  std::size_t size_ = 0;
  std::string long_bytes_;
};

}  // namespace diecast
