#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace diecast {

/// The 256 bytes in the order of the characters that spell them; byte-level vocabularies start in this order.
std::array<std::uint8_t, 256> byte_alphabet();

/// Spells arbitrary bytes as readable UTF-8, one character for each byte: GPT-2's `bytes_to_unicode`, in
/// which tokenizer.json and GGUF store tokens. Printable Latin-1 stands for itself, the other 68 bytes, in
/// increasing order, are U+0100 and up; so a space is "Ġ" and no spelling contains one.
std::string spell_bytes(std::string_view bytes);

/// The inverse of `spell_bytes`; nothing if a character of `spelling` stands for no byte.
std::optional<std::string> bytes_spelled_by(std::string_view spelling);

}  // namespace diecast
