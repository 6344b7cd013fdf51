#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>
#include <nlohmann/json_fwd.hpp>

#include <diecast/core/element.hpp>
#include <diecast/preset/preset.hpp>

BOOST_HANA_ADAPT_STRUCT(diecast::Preset, name, n_layers, d_model, n_heads, n_kv_heads, d_ff, vocab_size,
                        seq_len, batch_size, precision, norm, position, mlp, tied_head, bias, dropout,
                        norm_eps, rope_theta, recompute);

namespace diecast {

constexpr std::string_view enum_name(Element e) { return element_name(e); }
constexpr std::string_view enum_name(Norm n) { return n == Norm::layer_norm ? "layer_norm" : "rms_norm"; }
constexpr std::string_view enum_name(Position p) { return p == Position::learned ? "learned" : "rope"; }
constexpr std::string_view enum_name(MlpKind m) { return m == MlpKind::gelu ? "gelu" : "swiglu"; }
constexpr std::string_view enum_name(Recompute r) {
  return r == Recompute::none ? "none" : r == Recompute::branches ? "branches" : "block";
}

/// Calls `visit(name, value)` for every field of a preset in the order of its declaration. `value` is a
/// std::string_view (the name and, by their names, the enums), std::size_t, bool or double.
template <class Visitor>
constexpr void for_each_field(const Preset& preset, Visitor&& visit) {
  namespace hana = boost::hana;
  hana::for_each(hana::accessors<Preset>(), [&](auto field) {
    const std::string_view name = hana::first(field).c_str();
    const auto& value = hana::second(field)(preset);
    if constexpr (std::is_enum_v<std::remove_cvref_t<decltype(value)>>)
      visit(name, enum_name(value));
    else
      visit(name, value);
  });
}

/// A line `name = value` for every field of `preset_to_json`, as a TOML table would have it.
std::string describe(const Preset& preset);

/// The fields as a JSON object, in order: all that a run must go on with. Recomputation is not among them, which
/// changes neither shapes nor values.
nlohmann::ordered_json preset_to_json(const Preset& preset);

/// A field in which two presets differ, its values as JSON text; "nothing" for one that is absent.
struct PresetDifference {
  std::string field;
  std::string ours;
  std::string theirs;
};

/// The first field in which `theirs`, an object from `preset_to_json`, differs from `ours`. The name is
/// looked at last: a number says more.
std::optional<PresetDifference> first_difference(const Preset& ours, const nlohmann::ordered_json& theirs);

/// What is wrong with a file of a run for `theirs`, which differ: `of preset tiny, this binary of preset quarter:
/// n_layers is 1 there, 2 here`.
std::string to_text(const PresetDifference& difference, const Preset& ours, const nlohmann::ordered_json& theirs);

}  // namespace diecast
