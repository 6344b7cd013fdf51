#pragma once

#include <cstdint>
#include <string_view>

#include "data/wikitext.hpp"

namespace diecast {

enum class TagAction {
  keep,         ///< the tag goes, what is in it stays
  drop,         ///< both go
  space,        ///< stands between words
  line,         ///< ends a line
  paragraph,    ///< begins and ends a paragraph
  item,         ///< begins a line of a list
  verbatim,     ///< what is in it is no markup
  poem,         ///< ends of lines are to be kept in it
  program,      ///< dropped, unless it says that it is `inline`
  formula,      ///< dropped, unless it can be read as it is
  superscript,  ///< kept, digits as such
};

struct TagRule {
  std::string_view name;
  TagAction action = TagAction::keep;
  std::uint64_t WikitextReport::* counter = nullptr;  ///< of what is dropped
};

/// The rule for a tag of HTML or of MediaWiki's extensions, by its name in lower case; null if there is no such tag:
/// what looks like it is text.
const TagRule* find_tag(std::string_view name);

}  // namespace diecast
