#include "config/fixed_model.hpp"

#include <optional>
#include <sstream>

#include <fmt/format.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

// 0 and 0.0 are the same number; otherwise the types must agree as well.
bool equal(const toml::node& a, const toml::node& b) {
  if (a.is_number() && b.is_number()) return a.value<double>() == b.value<double>();
  return a.type() == b.type() && a.value<std::string>() == b.value<std::string>() &&
         a.value<bool>() == b.value<bool>();
}

std::string text_of(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& typed) { out << typed; });
  return out.str();
}

}  // namespace

FixedModel::FixedModel(std::string_view fields, std::string_view free_field)
    : fields_(toml::parse(fields)), free_field_(free_field) {}

std::vector<std::string> FixedModel::names() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : fields_) names.push_back("model." + std::string(key.str()));
  return names;
}

void FixedModel::check(const std::string& field, const toml::node& value, const std::string& where) const {
  const toml::node& fixed = *fields_.get(field);
  if (field == free_field_ || equal(fixed, value)) return;
  const auto preset = field == "name" ? value.value_exact<std::string>() : std::nullopt;
  throw Error(Fault::usage,
              fmt::format("model.{} = {} contradicts this binary, which was built with {}", field,
                          text_of(value), text_of(fixed)),
              where,
              preset ? "use the binary " + *preset : "delete the key or use the binary of another preset");
}

}  // namespace diecast
