#include "data/wikitext_tags.hpp"

#include <unordered_map>

namespace diecast {
namespace {

using TagRules = std::unordered_map<std::string_view, TagRule>;

TagRules make_tag_rules() {
  TagRules rules;
  const auto add = [&](TagAction action, std::uint64_t WikitextReport::* counter,
                       std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) rules.emplace(name, TagRule{name, action, counter});
  };
  using enum TagAction;
  add(keep, nullptr, {"b", "i", "u", "em", "strong", "small", "big", "span", "font", "sub", "s", "strike", "del", "ins",
                      "cite", "q", "abbr", "tt", "kbd", "samp", "var", "code", "dfn", "bdi", "bdo", "ruby", "rb", "rp",
                      "nobr", "wbr", "mark", "time", "data", "section", "noinclude", "onlyinclude", "languages", "tvar",
                      "translate", "a", "img", "dl", "ul", "ol", "tbody", "thead", "caption"});
  add(space, nullptr, {"td", "th"});
  add(superscript, nullptr, {"sup"});
  add(line, nullptr, {"br", "hr", "tr"});
  add(paragraph, nullptr, {"p", "div", "blockquote", "center", "h1", "h2", "h3", "h4", "h5", "h6", "dd"});
  add(item, nullptr, {"li", "dt"});
  add(verbatim, nullptr, {"nowiki"});
  add(poem, nullptr, {"poem", "lines"});
  add(program, &WikitextReport::blocks, {"syntaxhighlight", "source"});
  add(formula, &WikitextReport::formulas, {"math", "ce", "chem"});
  add(drop, &WikitextReport::references, {"ref", "references"});
  add(drop, &WikitextReport::tables, {"table"});
  add(drop, &WikitextReport::files, {"gallery", "imagemap"});
  add(drop, &WikitextReport::blocks,
      {"timeline", "pre", "score", "hiero", "graph", "mapframe", "maplink", "templatedata", "categorytree", "inputbox",
       "templatestyles", "style", "script", "indicator", "includeonly", "rt", "chess", "phonos", "dynamicpagelist"});
  return rules;
}

}  // namespace

const TagRule* find_tag(std::string_view name) {
  static const TagRules rules = make_tag_rules();
  const auto found = rules.find(name);
  return found == rules.end() ? nullptr : &found->second;
}

}  // namespace diecast
