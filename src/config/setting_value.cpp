#include "config/setting_value.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/config/nearest.hpp>
#include <diecast/core/error.hpp>

namespace diecast {
namespace {

std::string_view type_name(const toml::node& node) {
  if (node.is_string()) return "a string";
  if (node.is_integer()) return "an integer";
  if (node.is_floating_point()) return "a float";
  if (node.is_boolean()) return "a boolean";
  if (node.is_array()) return "an array";
  if (node.is_table()) return "a table";
  return "a date or time";
}

std::string bounds(const Rule& rule) {
  if (rule.high == std::numeric_limits<double>::infinity())
    return fmt::format("{} {}", rule.low_excluded ? "above" : "at least", rule.low);
  return fmt::format("from {} to {}{}", rule.low, rule.high,
                     rule.high_excluded ? fmt::format(", {} excluded", rule.high) : "");
}

// Where a node of a file is; those of --set have no place of their own.
std::string place_of(const toml::node& node, const std::string& where) {
  return node.source().path ? where_in(node.source()) : where;
}

double read_factor(const std::string& name, const toml::node& node, const std::string& where) {
  if (!node.is_number())
    throw Error(Fault::usage, fmt::format("{} must be a number, not {}", name, type_name(node)),
                place_of(node, where), "as in lr = 0.5");
  const double value = *node.value<double>();
  const Rule rule = at_least(0);
  if (!rule.allows(value))
    throw Error(Fault::usage, fmt::format("{} = {} is out of range", name, value), place_of(node, where),
                fmt::format("it must be {}", bounds(rule)));
  return value;
}

const std::vector<std::string> kGroupKeys{"match", "lr", "weight_decay"};

ParamGroup read_group(const std::string& setting, const toml::table& table, const std::string& where) {
  ParamGroup group;
  for (const auto& [key, node] : table) {
    const std::string name = fmt::format("{} of {}", key.str(), setting);
    if (key == "match" && node.is_string())
      group.match = node.as_string()->get();
    else if (key == "match")
      throw Error(Fault::usage, fmt::format("{} must be a string, not {}", name, type_name(node)), place_of(node, where),
                  "as in match = \"*norm*\"");
    else if (key == "lr")
      group.lr = read_factor(name, node, where);
    else if (key == "weight_decay")
      group.weight_decay = read_factor(name, node, where);
    else
      throw Error(Fault::usage, "unknown key " + name, place_of(node, where),
                  "the nearest is " + nearest_name(key.str(), kGroupKeys));
  }
  if (group.match.empty())
    throw Error(Fault::usage, fmt::format("a table of {} matches nothing", setting), place_of(table, where),
                "name parameters, as in match = \"*norm*\"");
  return group;
}

// What a setting's kind is called, and a node read as that kind; nothing if it is of another.
std::string_view kind_of(const Flag&) { return "true or false"; }
std::string_view kind_of(const Count&) { return "an integer"; }
std::string_view kind_of(const Groups&) { return "an array of tables"; }
std::string_view kind_of(const Real&) { return "a number"; }
std::string_view kind_of(const Text&) { return "a string"; }
std::string_view kind_of(const Reals&) { return "an array of numbers"; }
std::string_view kind_of(const Texts&) { return "a string or an array of strings"; }

std::optional<bool> read(const Flag&, const toml::node& node) { return node.value_exact<bool>(); }
std::optional<std::int64_t> read(const Count&, const toml::node& node) {
  return node.value_exact<std::int64_t>();
}
std::optional<double> read(const Real&, const toml::node& node) {
  if (!node.is_number()) return {};
  return node.value<double>();
}
std::optional<std::string> read(const Text&, const toml::node& node) {
  return node.value_exact<std::string>();
}
std::optional<std::vector<double>> read(const Reals&, const toml::node& node) {
  if (!node.is_array()) return {};
  std::vector<double> numbers;
  for (const toml::node& element : *node.as_array()) {
    if (!element.is_number()) return {};
    numbers.push_back(*element.value<double>());
  }
  return numbers;
}
std::optional<std::vector<std::string>> read(const Texts&, const toml::node& node) {
  if (node.is_string()) return std::vector{node.as_string()->get()};
  if (!node.is_array()) return {};
  std::vector<std::string> texts;
  for (const toml::node& element : *node.as_array()) {
    if (!element.is_string()) return {};
    texts.push_back(element.as_string()->get());
  }
  return texts;
}

// The same of any setting; what is in tables is checked as it is read.
template <class S>
auto read_setting(const std::string&, const S& setting, const toml::node& node, const std::string&) {
  return read(setting, node);
}
std::optional<std::vector<ParamGroup>> read_setting(const std::string& name, const Groups&, const toml::node& node,
                                                    const std::string& where) {
  if (!node.is_array()) return {};
  std::vector<ParamGroup> groups;
  for (const toml::node& element : *node.as_array()) {
    if (!element.is_table()) return {};
    groups.push_back(read_group(name, *element.as_table(), where));
  }
  return groups;
}

template <class T>
void check(const std::string& name, const Rule& rule, const T& value, const std::string& where) {
  if constexpr (std::is_same_v<T, std::string>) {
    const auto& words = rule.choices;
    if (!words.empty() && std::find(words.begin(), words.end(), value) == words.end())
      throw Error(Fault::usage, fmt::format("{} cannot be {}", name, toml_string(value)), where,
                  fmt::format("use one of {}; the nearest is {}", fmt::join(words, ", "),
                              nearest_name(value, words)));
  } else if constexpr (std::is_arithmetic_v<T>) {
    if (!rule.allows(static_cast<double>(value)))
      throw Error(Fault::usage, fmt::format("{} = {} is out of range", name, value), where,
                  fmt::format("it must be {}", bounds(rule)));
  }
}

}  // namespace

std::string where_in(const toml::source_region& region) {
  return fmt::format("{}:{}:{}", region.path ? *region.path : std::string("configuration"), region.begin.line,
                     region.begin.column);
}

void assign(const NamedSetting& named, const toml::node& node, const std::string& where) {
  std::visit(
      [&](auto* setting) {
        const auto value = read_setting(named.name(), *setting, node, where);
        if (!value)
          throw Error(Fault::usage,
                      fmt::format("{} must be {}, not {}", named.name(), kind_of(*setting), type_name(node)),
                      where, fmt::format("as in {} = {}", named.key, toml_value(named)));
        check(named.name(), setting->rule, *value, where);
        setting->value = *value;
        setting->where = where;
      },
      named.setting);
}

std::string allowed_values(const NamedSetting& named) {
  return std::visit(
      [](const auto* setting) {
        const Rule& rule = setting->rule;
        if (!rule.choices.empty()) return fmt::format("one of {}", fmt::join(rule.choices, ", "));
        const bool bounded =
            !std::is_same_v<decltype(setting), const Flag*> && (std::isfinite(rule.low) || std::isfinite(rule.high));
        return fmt::format("{}{}", kind_of(*setting), bounded ? " " + bounds(rule) : "");
      },
      named.setting);
}

}  // namespace diecast
