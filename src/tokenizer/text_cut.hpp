#pragma once

#include <cstddef>
#include <string_view>

namespace diecast {

/// Whether a piece ends before `text[at]`, `at` from 1 on, however pieces are cut: white space of ASCII follows another
/// character. Then both parts, each by itself, have the pieces that they have in the whole.
bool may_cut_before(std::string_view text, std::size_t at);

}  // namespace diecast
