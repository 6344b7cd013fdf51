#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace diecast {

/// A number of bytes as people write it: digits, then K, M or G for powers of 1024 or nothing. Nothing if `text` is no
/// such number, or one that does not fit.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace diecast
