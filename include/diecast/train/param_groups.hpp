#pragma once

#include <span>
#include <string_view>

#include <diecast/config/param_group.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/model/param_table.hpp>

namespace diecast {

/// The first of the groups that the parameter's name matches, or nullptr.
const ParamGroup* group_of(std::span<const ParamGroup> groups, std::string_view name);

/// Throws Error(Fault::usage) for a pattern that no parameter's name matches, with the nearest of them.
void check_groups(const Groups& groups, const ParamTable& table);

}  // namespace diecast
