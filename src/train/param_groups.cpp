#include <diecast/train/param_groups.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <diecast/config/nearest.hpp>
#include <diecast/core/error.hpp>

namespace diecast {
namespace {

bool group_matches(const ParamGroup& group, const std::string& name) {
  return fnmatch(group.match.c_str(), name.c_str(), 0) == 0;
}

}  // namespace

const ParamGroup* group_of(std::span<const ParamGroup> groups, std::string_view name) {
  const auto found = std::ranges::find_if(groups, [text = std::string(name)](const ParamGroup& group) {
    return group_matches(group, text);
  });
  return found == groups.end() ? nullptr : &*found;
}

void check_groups(const Groups& groups, const ParamTable& table) {
  std::vector<std::string> names;
  for (const ParamRow& row : table.rows) names.push_back(row.name);
  for (const ParamGroup& group : groups.value)
    if (std::ranges::none_of(names, [&](const std::string& name) { return group_matches(group, name); }))
      throw Error(Fault::usage, fmt::format("no parameter's name matches '{}' of optimizer.groups", group.match),
                  groups.where,
                  fmt::format("names are those in model.safetensors, the nearest is {}; * stands for any part",
                              nearest_name(group.match, names)));
}

}  // namespace diecast
