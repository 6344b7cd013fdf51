#include "data/bzip2_scanner.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace diecast {
namespace {

constexpr std::size_t kScanWindow = 8;  // bytes that hold a magic number at any bit of their first

std::uint64_t big_endian_word(std::string_view text, std::size_t at) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kScanWindow; ++i) word = word << 8 | static_cast<unsigned char>(text[at + i]);
  return word;
}

// Whether a byte can be the second of those that hold a magic number; it is when all its bits are those of
// the number.
constexpr auto kMayBeSecond = [] {
  std::array<bool, 256> table{};
  for (const std::uint64_t magic : {kBzip2Block, kBzip2End})
    for (unsigned shift = 0; shift < 8; ++shift) table[magic >> (kBzip2MagicBits - 16 + shift) & 0xFF] = true;
  return table;
}();

}  // namespace

std::uint32_t Bzip2Piece::number(std::uint64_t from, unsigned count) const {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    const std::uint64_t bit = first_bit % 8 + from + i;
    const bool set =
        from + i < bits && (static_cast<unsigned char>(bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0;
    value = value << 1 | static_cast<std::uint32_t>(set);
  }
  return value;
}

std::optional<Bzip2Scanner::Found> Bzip2Scanner::find(std::size_t from_bit) const {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kBzip2MagicBits) - 1;
  for (std::size_t at = from_bit / 8; at + kScanWindow <= buffer_.size(); ++at) {
    if (!kMayBeSecond[static_cast<unsigned char>(buffer_[at + 1])]) continue;
    const std::uint64_t word = big_endian_word(buffer_, at);
    for (unsigned shift = 0; shift < 8; ++shift) {
      const std::uint64_t number = word >> (8 * kScanWindow - kBzip2MagicBits - shift) & kMask;
      const std::size_t bit = 8 * at + shift;
      if (number == kBzip2Block && bit >= from_bit) return Found{bit, Bzip2Piece::Kind::block};
      if (number == kBzip2End && bit >= from_bit) return Found{bit, Bzip2Piece::Kind::end};
    }
  }
  return {};
}

Bzip2Piece Bzip2Scanner::cut(std::size_t end_bit, Bzip2Piece::Kind next) {
  Bzip2Piece piece{
      .kind = kind_, .first_bit = 8 * buffer_start_ + first_bit_, .bits = end_bit - first_bit_, .bytes = {}};
  piece.bytes = buffer_.substr(0, (end_bit + 7) / 8);
  buffer_.erase(0, end_bit / 8);
  buffer_start_ += end_bit / 8;
  first_bit_ = end_bit % 8;
  kind_ = next;
  return piece;
}

std::optional<Bzip2Piece> Bzip2Scanner::next() {
  constexpr std::size_t kChunk = std::size_t{256} << 10;
  if (finished_) return {};
  // The piece's own number is not its end.
  std::size_t from_bit = kind_ == Bzip2Piece::Kind::start ? 0 : first_bit_ + 1;
  for (;;) {
    if (const auto found = find(from_bit)) return cut(found->bit, found->kind);
    if (at_end_ || buffer_.size() > kMaxBzip2Piece) {
      finished_ = true;
      return cut(8 * (buffer_.size() - (at_end_ ? kScanWindow : 0)), kind_);
    }
    if (buffer_.size() >= kScanWindow) from_bit = std::max(from_bit, 8 * (buffer_.size() - kScanWindow + 1));
    const std::size_t before = buffer_.size();
    fill_front(*raw_, buffer_, before + kChunk);
    at_end_ = buffer_.size() < before + kChunk;
    // So that `find` sees the last bytes, too; the numbers do not end in zeros.
    if (at_end_) buffer_.append(kScanWindow, '\0');
  }
}

}  // namespace diecast
