#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diecast {

/// What wikitext_to_text left out, summed over all calls.
struct WikitextReport {
  std::uint64_t templates = 0;        ///< `{{...}}` that carry no prose
  std::uint64_t tables = 0;           ///< `{|...|}` and `<table>`
  std::uint64_t references = 0;       ///< `<ref>` and the lists of them
  std::uint64_t files = 0;            ///< images, sounds, galleries and their captions
  std::uint64_t links = 0;            ///< to categories and to the same page in other languages
  std::uint64_t formulas = 0;         ///< `<math>` and the like that cannot be read as text
  std::uint64_t blocks = 0;           ///< programs, scores, charts, timelines
  std::uint64_t comments = 0;
  std::uint64_t sections = 0;         ///< references, links and the like, by their headings
  std::uint64_t disambiguations = 0;  ///< templates that say that a page is one; dropped as well
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

/// A wiki's own names of namespaces, without the colon, lower case where they are ASCII. The usual ones are known
/// without it.
struct WikiNamespaces {
  std::vector<std::string> file, category;
};

/// The prose of a page of MediaWiki: paragraphs and headings with an empty line between, list items a line each. Links
/// become their text; templates (but for a few that carry prose, wikitext_template.hpp), tables, references, files and
/// markup are left out, and what they leave behind (empty parentheses, headings of nothing) too. Takes time linear in
/// the text's length whatever is in it, nests at most 64 deep, and never fails: templates and tables that are not
/// closed are dropped to the end of their paragraph. UTF-8 if the page is.
std::string wikitext_to_text(std::string_view wikitext, WikitextReport& report, const WikiNamespaces& names = {});

}  // namespace diecast
