#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace diecast {

/// Appends what the character reference at the front of `text` (`&ndash;`, `&#8211;`, `&#x2013;`) stands for and
/// returns its length; 0, and nothing appended, if there is none. Names are those of HTML 4.01. No-break spaces and
/// control characters become spaces; soft hyphens and marks of direction, which nobody sees, nothing.
std::size_t append_entity(std::string_view text, std::string& out);

}  // namespace diecast
