#include <diecast/tokenizer/byte_alphabet.hpp>

namespace diecast {
namespace {

constexpr unsigned kFirstStandIn = 0x100;

// GPT-2 counts 0xAD, the soft hyphen, as unprintable.
constexpr bool is_printable(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

struct Spelling {
  std::array<std::uint16_t, 256> code_points{};  // of each byte
  std::array<std::uint8_t, 256> alphabet{};      // the bytes by ascending code point
};

constexpr Spelling make_spelling() {
  Spelling spelling;
  std::size_t position = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (!is_printable(byte)) continue;
    spelling.code_points[byte] = static_cast<std::uint16_t>(byte);
    spelling.alphabet[position++] = static_cast<std::uint8_t>(byte);
  }
  unsigned stand_in = kFirstStandIn;
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (is_printable(byte)) continue;
    spelling.code_points[byte] = static_cast<std::uint16_t>(stand_in++);
    spelling.alphabet[position++] = static_cast<std::uint8_t>(byte);
  }
  return spelling;
}

constexpr Spelling kSpelling = make_spelling();
constexpr std::size_t kStandIns = 68;
static_assert(kSpelling.code_points[kSpelling.alphabet[255]] == kFirstStandIn + kStandIns - 1,
              "byte alphabet: GPT-2 replaces exactly 68 bytes");

std::optional<char> byte_of(unsigned code_point) {
  if (code_point >= kFirstStandIn + kStandIns) return std::nullopt;
  if (code_point >= kFirstStandIn)
    return static_cast<char>(kSpelling.alphabet[256 - kStandIns + code_point - kFirstStandIn]);
  if (!is_printable(code_point)) return std::nullopt;
  return static_cast<char>(code_point);
}

}  // namespace

std::array<std::uint8_t, 256> byte_alphabet() { return kSpelling.alphabet; }

std::string spell_bytes(std::string_view bytes) {
  std::string spelling;
  for (const char byte : bytes) {
    const unsigned code_point = kSpelling.code_points[static_cast<unsigned char>(byte)];
    if (code_point < 0x80) {
      spelling += static_cast<char>(code_point);
    } else {
      spelling += static_cast<char>(0xC0 | code_point >> 6);
      spelling += static_cast<char>(0x80 | (code_point & 0x3F));
    }
  }
  return spelling;
}

std::optional<std::string> bytes_spelled_by(std::string_view spelling) {
  std::string bytes;
  for (std::size_t i = 0; i < spelling.size(); ++i) {
    unsigned code_point = static_cast<unsigned char>(spelling[i]);
    if (code_point >= 0x80) {  // every character of the alphabet has one or two bytes
      if ((code_point & 0xE0) != 0xC0 || ++i == spelling.size()) return std::nullopt;
      code_point = (code_point & 0x1F) << 6 | (static_cast<unsigned char>(spelling[i]) & 0x3F);
    }
    const auto byte = byte_of(code_point);
    if (!byte) return std::nullopt;
    bytes += *byte;
  }
  return bytes;
}

}  // namespace diecast
