#include "tokenizer/piece_table.hpp"

#include <xxhash.h>

namespace diecast {

PieceKey long_piece_key(std::string_view piece) {
  return {piece, XXH3_64bits(piece.data(), piece.size()), 0};
}

void PieceTable::fill(Slot& slot, const PieceKey& key) {
  slot.size = key.piece.size();
  std::uint64_t high = key.high;
  if (!key.is_short()) {
    high = long_bytes_.size();
    long_bytes_ += key.piece;
  }
  std::memcpy(slot.bytes.data(), &key.low, sizeof key.low);
  std::memcpy(slot.bytes.data() + sizeof key.low, &high, sizeof high);
  ++size_;
}

void PieceTable::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.size == 0) continue;
    const PieceKey key{piece_of(slot), load(slot, 0), slot.size <= PieceKey::kShort ? load(slot, 8) : 0};
    slots_[position(key)] = slot;
  }
}

}  // namespace diecast
