#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/preset/fields.hpp>

using namespace diecast;

namespace {

constexpr Preset kSmall{
    .name = "small",
    .n_layers = 2,
    .d_model = 64,
    .n_heads = 4,
    .d_ff = 256,
    .vocab_size = 500,
    .seq_len = 32,
    .batch_size = 8,
    .norm = Norm::rms_norm,
};

}  // namespace

TEST_CASE("fields are visited in the order of their declaration") {
  std::vector<std::string> names;
  for_each_field(kSmall, [&](std::string_view name, auto) { names.emplace_back(name); });
  CHECK(names == std::vector<std::string>{"name", "n_layers", "d_model", "n_heads", "n_kv_heads", "d_ff",
                                          "vocab_size", "seq_len", "batch_size", "precision", "norm",
                                          "position", "mlp", "tied_head", "bias", "dropout", "norm_eps",
                                          "rope_theta", "recompute"});
}

TEST_CASE("a preset is described by a line per field, enums by their names") {
  const std::string text = describe(kSmall);
  CHECK(text.starts_with("name = \"small\"\nn_layers = 2\nd_model = 64\n"));
  CHECK(text.find("\nprecision = \"f32\"\nnorm = \"rms_norm\"\nposition = \"learned\"\nmlp = \"gelu\"\n"
                  "tied_head = true\n") != std::string::npos);
}

TEST_CASE("a preset that went through JSON text equals itself") {
  Preset preset = kSmall;
  preset.dropout = 0.1;  // not a finite binary fraction
  const auto stored = nlohmann::ordered_json::parse(preset_to_json(preset).dump());
  CHECK_FALSE(first_difference(preset, stored).has_value());
}

TEST_CASE("a difference names the field and both values") {
  Preset other = kSmall;
  other.n_kv_heads = 2;
  other.mlp = MlpKind::swiglu;
  const auto difference = first_difference(kSmall, preset_to_json(other));
  REQUIRE(difference.has_value());
  CHECK(difference->field == "n_kv_heads");
  CHECK(difference->ours == "0");
  CHECK(difference->theirs == "2");
}

TEST_CASE("the name is compared last") {
  Preset other = kSmall;
  other.name = "other";
  CHECK(first_difference(kSmall, preset_to_json(other))->field == "name");
  other.mlp = MlpKind::swiglu;
  CHECK(first_difference(kSmall, preset_to_json(other))->field == "mlp");
}

TEST_CASE("a run may go on under another policy of recomputation") {
  Preset other = kSmall;
  other.recompute = Recompute::block;
  CHECK_FALSE(first_difference(kSmall, preset_to_json(other)).has_value());
  CHECK(describe(other) == describe(kSmall));
}

TEST_CASE("a field that was not stored is a difference") {
  auto stored = preset_to_json(kSmall);
  stored.erase("rope_theta");
  const auto difference = first_difference(kSmall, stored);
  REQUIRE(difference.has_value());
  CHECK(difference->field == "rope_theta");
  CHECK(difference->theirs == "nothing");
  CHECK(first_difference(kSmall, nlohmann::ordered_json(3)).has_value());
}
