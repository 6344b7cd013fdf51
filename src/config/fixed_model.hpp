#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

namespace diecast {

/// What the preset fixed when the binary was built; [model] may repeat it and nothing else.
class FixedModel {
 public:
  /// `fields`: a TOML line `name = value` for each. The value of `free_field` is not checked.
  explicit FixedModel(std::string_view fields, std::string_view free_field = {});

  /// `model.NAME` for each field.
  std::vector<std::string> names() const;
  bool has(const std::string& field) const { return fields_.contains(field); }
  /// Throws Error(Fault::usage), with both values, unless `value` is the field's.
  void check(const std::string& field, const toml::node& value, const std::string& where) const;

 private:
  toml::table fields_;
  std::string free_field_;
};

}  // namespace diecast
