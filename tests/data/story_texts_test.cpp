#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "data/story_grammar.hpp"
#include "data/story_markers.hpp"
#include "data/story_plots.hpp"

namespace diecast::stories {
namespace {

void check_list_name(std::string_view name) {
  if (find_list(name) == kNowhere) throw "stories: <name> names no list";
}
void check_slot_marker(std::string_view marker) {
  if (find_slot(marker).column == kNowhere) throw "stories: {role.column} names no role or no column of it";
}

// Throws unless brackets match and every marker names something.
void check_text(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' && Choice(text, i).count == 0) throw "stories: '[' without ']'";
    if (c == '[') ++depth;
    if (c == '|' && depth == 0) throw "stories: '|' outside of brackets";
    if (c == ']' && depth-- == 0) throw "stories: ']' without '['";
    if (c != '{' && c != '<') continue;
    const std::size_t end = text.find(c == '{' ? '}' : '>', i);
    if (end == std::string_view::npos) throw "stories: a marker without its end";
    const auto marker = text.substr(i + 1, end - i - 1);
    if (c == '<') check_list_name(marker);
    if (c == '{') check_slot_marker(marker);
    i = end;
  }
  if (depth > 0) throw "stories: '[' without ']'";
}

}  // namespace
}  // namespace diecast::stories

using namespace diecast;

namespace {

void check_story_text(std::string_view text) {
  CAPTURE(text);
  CHECK_NOTHROW(stories::check_text(text));
}

void check_story_table(const stories::Table& table) {
  REQUIRE(table.columns.size() <= stories::kColumns);
  for (const stories::Row& row : table.rows)
    for (std::size_t i = 0; i < table.columns.size(); ++i) check_story_text(row[i]);
}

}  // namespace

TEST_CASE("every text of the stories is well-formed") {
  for (const stories::Role& role : stories::kRoles) {
    CAPTURE(role.name);
    CHECK(role.child.columns.size() == role.beast.columns.size());
    check_story_table(role.child);
    check_story_table(role.beast);
  }
  for (const auto& lists : {std::span<const stories::List>(stories::kWordLists), {stories::kPhraseLists}})
    for (const stories::List& list : lists)
      for (std::string_view item : list.items) check_story_text(item);
  for (const stories::Plot& plot : stories::kPlots) check_story_text(plot.text);
}

TEST_CASE("a malformed text of a story is noticed") {
  for (std::string_view text : {"[a", "[a|b", "a|b", "a]", "<no such list>", "{no such role}", "{hero.no such column}",
                                "{he", "[1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17]"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(stories::check_text(text), const char*);
  }
  CHECK_NOTHROW(stories::check_text("{he} [sings|[hums|whistles]]."));
}
