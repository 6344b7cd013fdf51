#pragma once

#include <cstdint>

namespace diecast {

/// The lower-case letter of a code point above ASCII, or itself (Unicode 17, the mappings to one code point).
std::uint32_t lower_case(std::uint32_t code_point);

}  // namespace diecast
