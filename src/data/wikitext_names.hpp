#pragma once

#include <string>
#include <string_view>

namespace diecast {

/// `text` without spaces and line ends at either end.
std::string_view trim_blanks(std::string_view text);

/// As MediaWiki compares names, nearly: trimmed, `_` a space, ASCII letters in lower case.
std::string fold_wiki_name(std::string_view name);

/// Namespaces of media and of categories, in the languages of the larger Wikipedias. Names are folded.
bool is_file_namespace(std::string_view name);
bool is_category_namespace(std::string_view name);

/// `[[fr:Titre]]` puts a link beside the page, not into it. The prefix as it is written.
bool is_language_prefix(std::string_view prefix);
/// Prefixes of sister projects (`wikt:`), which are no part of a link's text. The name is folded.
bool is_project_prefix(std::string_view name);

/// Headings of sections that hold no prose: references, see also, external links. The title as it is written.
bool is_apparatus_heading(std::string_view title);

/// Templates that mark a page as a list of what its title may mean. The name is folded.
bool is_disambiguation_template(std::string_view name);

}  // namespace diecast
