#include <diecast/preset/fields.hpp>

#include <utility>

#include <boost/hana/length.hpp>
#include <nlohmann/json.hpp>

#include "core/json_text.hpp"

namespace diecast {
namespace {

// Stands for a value of any type where none is computed.
struct Anything {
  template <class T>
  operator T() const;
};

template <std::size_t... kIndex>
constexpr bool takes_values(std::index_sequence<kIndex...>) {
  return requires { Preset{(static_cast<void>(kIndex), Anything{})...}; };
}

constexpr std::size_t kFields = decltype(boost::hana::length(boost::hana::accessors<Preset>()))::value;
static_assert(takes_values(std::make_index_sequence<kFields>{}) &&
                  !takes_values(std::make_index_sequence<kFields + 1>{}),
              "preset/fields.hpp: BOOST_HANA_ADAPT_STRUCT must list every field of Preset");

}  // namespace

nlohmann::ordered_json preset_to_json(const Preset& preset) {
  nlohmann::ordered_json object;
  for_each_field(preset, [&](std::string_view name, auto value) {
    if (name != "recompute") object[std::string(name)] = value;
  });
  return object;
}

std::string describe(const Preset& preset) {
  const auto fields = preset_to_json(preset);
  std::string text;
  for (const auto& [name, value] : fields.items()) text += name + " = " + json_text(value) + '\n';
  return text;
}

std::optional<PresetDifference> first_difference(const Preset& ours, const nlohmann::ordered_json& theirs) {
  const auto mine = preset_to_json(ours);
  const auto compare = [&](const std::string& name) -> std::optional<PresetDifference> {
    const bool present = theirs.is_object() && theirs.contains(name);
    if (present && theirs[name] == mine[name]) return std::nullopt;
    return PresetDifference{name, json_text(mine[name]), present ? json_text(theirs[name]) : "nothing"};
  };
  for (const auto& [name, value] : mine.items())
    if (name != "name")
      if (auto difference = compare(name)) return difference;
  return compare("name");
}

std::string to_text(const PresetDifference& difference, const Preset& ours, const nlohmann::ordered_json& theirs) {
  return "of preset " + theirs.value("name", std::string("?")) + ", this binary of preset " + std::string(ours.name) +
         ": " + difference.field + " is " + difference.theirs + " there, " + difference.ours + " here";
}

}  // namespace diecast
