#include "config/setting_table.hpp"

#include <sstream>
#include <type_traits>

#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/core/to.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

namespace diecast {
namespace hana = boost::hana;

std::vector<NamedSetting> setting_table(RunConfig& config) {
  std::vector<NamedSetting> table;
  hana::for_each(hana::accessors<RunConfig>(), [&](auto section) {
    auto& members = hana::second(section)(config);
    const char* section_name = hana::to<const char*>(hana::first(section));
    hana::for_each(hana::accessors<std::remove_reference_t<decltype(members)>>(), [&](auto key) {
      table.push_back({section_name, hana::to<const char*>(hana::first(key)), &hana::second(key)(members)});
    });
  });
  return table;
}

std::string toml_float(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";  // n: of inf and nan
  return text;
}

std::string toml_string(const std::string& value) {
  std::ostringstream out;
  const toml::value<std::string> node(value);
  out << toml::toml_formatter(node, toml::format_flags::allow_unicode_strings);
  return out.str();
}

namespace {

std::string toml_of(bool value) { return value ? "true" : "false"; }
std::string toml_of(std::uint64_t value) { return fmt::format("{}", value); }
std::string toml_of(double value) { return toml_float(value); }
std::string toml_of(const std::string& value) { return toml_string(value); }
std::string toml_of(const ParamGroup& group) {
  return fmt::format("{{ match = {}, lr = {}{} }}", toml_string(group.match), toml_float(group.lr),
                     group.weight_decay ? ", weight_decay = " + toml_float(*group.weight_decay) : "");
}
template <class T>
std::string toml_of(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ", ") + toml_of(value);
  return "[" + text + "]";
}

}  // namespace

std::string toml_value(const NamedSetting& setting) {
  return std::visit([](const auto* s) { return toml_of(s->value); }, setting.setting);
}

}  // namespace diecast
