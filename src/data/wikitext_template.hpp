#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diecast {

/// An argument of a template. `key` is empty for one that is known by its position; neither has blanks around it.
struct TemplateArgument {
  std::string_view key, value;
};

/// What a template that carries prose looks like on the page: `{{lang|fr|mot}}` is "mot", `{{convert|5|km|mi}}` is
/// "5 km". Nothing for all others. `name` is folded (fold_wiki_name).
std::optional<std::string> template_text(std::string_view name, const std::vector<TemplateArgument>& arguments);

}  // namespace diecast
