#include <diecast/core/byte_size.hpp>

#include <charconv>
#include <limits>
#include <system_error>

namespace diecast {

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc()) return {};
  const std::string_view suffix = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
  if (suffix.empty()) return number;
  constexpr std::string_view kSuffixes = "KMG";
  const std::size_t power = kSuffixes.find(static_cast<char>(suffix.front() & ~0x20));  // either case
  if (suffix.size() > 1 || power == kSuffixes.npos) return {};
  const auto shift = static_cast<unsigned>(10 * (power + 1));
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return {};
  return number << shift;
}

}  // namespace diecast
