#include "checkpoint/state_file.hpp"

#include <diecast/core/error.hpp>

#include "core/content_hash.hpp"
#include "core/read_file.hpp"

namespace diecast {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kFormat = "diecast checkpoint 5";

// The one list of what is stored of a state, for writing and for reading.
template <class State, class Visitor>
void visit_fields(State& state, Visitor&& visit) {
  visit("step", state.step);
  visit("micro_steps", state.micro_steps);
  visit("tokens", state.tokens);
  visit("seed", state.seed);
  visit("wall_seconds", state.wall_seconds);
  visit("best_validation_loss", state.best_validation_loss);
  visit("owes_evaluation", state.owes_evaluation);
  visit("owes_samples", state.owes_samples);
  visit("loss_scale", state.loss_scale);
  visit("tokenizer_hash", state.tokenizer_hash);
  visit("train_hash", state.train_hash);
  visit("validation_hash", state.validation_hash);
}

template <class State, class Visitor>
void visit_loss_scale(State& state, Visitor&& visit) {
  visit("value", state.value);
  visit("good_steps", state.good_steps);
  visit("skipped_steps", state.skipped_steps);
}

template <class T>
ordered_json to_json(const T& value) {
  return value;
}
ordered_json to_json(const LossScaleState& state) {
  ordered_json json;
  visit_loss_scale(state, [&](const char* name, const auto& value) { json[name] = value; });
  return json;
}
template <class T>
ordered_json to_json(const std::optional<T>& value) {
  return value ? to_json(*value) : ordered_json();
}

template <class T>
void from_json(const ordered_json& json, T& value) {
  value = json.get<T>();
}
void from_json(const ordered_json& json, LossScaleState& state) {
  visit_loss_scale(state, [&](const char* name, auto& value) { from_json(json.at(name), value); });
}
template <class T>
void from_json(const ordered_json& json, std::optional<T>& value) {
  value.reset();
  if (!json.is_null()) from_json(json, value.emplace());
}

}  // namespace

std::string to_text(const StateFile& file) {
  ordered_json json;
  json["format"] = kFormat;
  json["preset"] = file.preset;
  visit_fields(file.state,
               [&](const char* name, const auto& value) { json["state"][name] = to_json(value); });
  json["xxh3_128"][kModelFile] = file.model_hash;
  json["xxh3_128"][kOptimizerFile] = file.optimizer_hash;
  if (!file.means_hash.empty()) json["xxh3_128"][kMeansFile] = file.means_hash;
  json["checksum"] = hash_text(json.dump());
  return json.dump(2) + '\n';
}

StateFile read_state_file(const std::filesystem::path& path) {
  ordered_json json = ordered_json::parse(read_text(path), nullptr, false);
  try {
    const auto checksum = json.at("checksum").get<std::string>();
    json.erase("checksum");
    if (checksum != hash_text(json.dump())) throw Error(Fault::run, "the file is damaged", path.string());
    if (json.at("format") != kFormat)
      throw Error(Fault::usage, "the checkpoint is of another version of Diecast: " + json["format"].dump(),
                  path.string(), "use the version that wrote it or train again");
    StateFile file;
    file.preset = json.at("preset");
    visit_fields(file.state,
                 [&](const char* name, auto& value) { from_json(json.at("state").at(name), value); });
    file.model_hash = json.at("xxh3_128").at(kModelFile).get<std::string>();
    file.optimizer_hash = json.at("xxh3_128").at(kOptimizerFile).get<std::string>();
    file.means_hash = json.at("xxh3_128").value(kMeansFile, std::string());
    return file;
  } catch (const nlohmann::json::exception&) {
    throw Error(Fault::run, "the file is damaged", path.string());
  }
}

}  // namespace diecast
