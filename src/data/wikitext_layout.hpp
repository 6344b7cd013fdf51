#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace diecast {

/// Lays out a page whose markup is gone but for wikitext_marks: joins lines to paragraphs, drops headings of nothing and
/// sections without prose (`dropped_sections` counts those), and mends what holes leave behind: empty parentheses,
/// spaces before commas.
std::string lay_out_wikitext(std::string_view marked, std::uint64_t& dropped_sections);

}  // namespace diecast
