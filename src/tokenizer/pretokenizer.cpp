#include <hwy/highway.h>

#include <diecast/tokenizer/pretokenizer.hpp>

namespace diecast {
namespace {

// A bit for each byte of a block, filled from its start.
class BlockMask {
 public:
  template <class D, class Mask>
  void append(D d, Mask lanes) {
    filled_ += hwy::HWY_NAMESPACE::StoreMaskBits(d, lanes, bytes_ + filled_);
  }
  std::uint64_t bits() const {
    std::uint64_t bits;
    hwy::CopyBytes<sizeof bits>(bytes_, &bits);
    return bits;
  }

 private:
  std::uint8_t bytes_[AsciiBlock::kBytes / 8];
  std::size_t filled_ = 0;
};

}  // namespace

// In the instructions that every machine has: they are fast enough.
AsciiBlock read_ascii_block(const char* at) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::FixedTag<std::uint8_t, 16> d;
  const hn::RebindToSigned<decltype(d)> signed_d;
  BlockMask letters, numbers, white, spaces, apostrophes, foreign;
  for (std::size_t i = 0; i < AsciiBlock::kBytes; i += hn::Lanes(d)) {
    HWY_ALIGN std::uint8_t lanes[16];
    hwy::CopyBytes<16>(at + i, lanes);
    const auto bytes = hn::Load(d, lanes);
    // Bytes of `count` values from `first` on: moved to the lowest of signed ones.
    const auto among = [&](auto v, unsigned first, unsigned count) {
      const auto moved = hn::Sub(v, hn::Set(d, static_cast<std::uint8_t>(first + 0x80)));
      const auto end = hn::Set(signed_d, static_cast<std::int8_t>(static_cast<int>(count) - 0x80));
      return hn::RebindMask(d, hn::Lt(hn::BitCast(signed_d, moved), end));
    };
    const auto space = hn::Eq(bytes, hn::Set(d, std::uint8_t{' '}));
    letters.append(d, among(hn::Or(bytes, hn::Set(d, std::uint8_t{0x20})), 'a', 26));
    numbers.append(d, among(bytes, '0', 10));
    white.append(d, hn::Or(space, among(bytes, '\t', 5)));
    spaces.append(d, space);
    apostrophes.append(d, hn::Eq(bytes, hn::Set(d, std::uint8_t{'\''})));
    foreign.append(d, among(bytes, 0x80, 0x80));
  }
  return {letters.bits(), numbers.bits(), white.bits(), spaces.bits(), apostrophes.bits(), foreign.bits()};
}

}  // namespace diecast
