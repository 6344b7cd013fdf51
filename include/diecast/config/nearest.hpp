#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace diecast {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment; Damerau 1964).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name among `names` that a mistyped one most likely meant: the first of those with the fewest
/// slips. An abbreviation counts as one. `names` must not be empty.
std::string nearest_name(std::string_view mistyped, std::span<const std::string> names);

}  // namespace diecast
