#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "data/byte_source.hpp"

namespace diecast {

/// The bits of a bzip2 file from one of its magic numbers to the next, wherever in a byte these begin.
struct Bzip2Piece {
  enum class Kind {
    start,  ///< what precedes the first magic number
    block,  ///< from the number that begins a block
    end,    ///< from the one that ends a stream; what begins the next stream is in it, too
  };
  Kind kind = Kind::start;
  std::uint64_t first_bit = 0;  ///< in the file, a byte's highest bit being its first
  std::uint64_t bits = 0;
  std::string bytes;  ///< those that hold the bits, the first of which is bit `first_bit % 8` of the first

  /// `count` <= 32 bits from bit `from` on, 0 where there are none.
  std::uint32_t number(std::uint64_t from, unsigned count) const;
};

/// The 48 bits of the magic numbers: the digits of pi and of its square root.
inline constexpr std::uint64_t kBzip2Block = 0x314159265359, kBzip2End = 0x177245385090;
inline constexpr unsigned kBzip2MagicBits = 48;
/// More than any block takes: 900,000 symbols of at most 20 bits.
inline constexpr std::size_t kMaxBzip2Piece = std::size_t{4} << 20;

/// Cuts a bzip2 file at its magic numbers, also at those that a block holds by chance. Holds one piece.
class Bzip2Scanner {
 public:
  explicit Bzip2Scanner(std::unique_ptr<ByteSource> raw) : raw_(std::move(raw)) {}

  /// The next piece, until the file ends or a piece would be longer than `kMaxBzip2Piece`.
  std::optional<Bzip2Piece> next();

  /// Whether the last piece is the file's last.
  bool at_end() const { return at_end_; }

 private:
  struct Found {
    std::size_t bit;
    Bzip2Piece::Kind kind;
  };
  std::optional<Found> find(std::size_t from_bit) const;
  Bzip2Piece cut(std::size_t end_bit, Bzip2Piece::Kind next);

  std::unique_ptr<ByteSource> raw_;
  std::string buffer_;              // what has been read and is in no piece yet, padded with zeros at the end
  std::uint64_t buffer_start_ = 0;  // its place in the file
  std::size_t first_bit_ = 0;       // of the next piece, in the buffer
  Bzip2Piece::Kind kind_ = Bzip2Piece::Kind::start;
  bool at_end_ = false, finished_ = false;
};

}  // namespace diecast
