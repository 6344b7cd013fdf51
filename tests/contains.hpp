#pragma once

#include <string_view>

namespace diecast::testing {

/// Whether `part` stands anywhere in `text`, e.g. in an error's message.
inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace diecast::testing
