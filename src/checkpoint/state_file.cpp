#include "checkpoint/state_file.hpp"

#include <concepts>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include <diecast/core/error.hpp>

#include "core/content_hash.hpp"
#include "core/json_text.hpp"
#include "core/read_file.hpp"

namespace diecast {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kFormat = "diecast checkpoint 6";

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
  visit("improvement", state.improvement);
  visit("spike", state.spike);
  visit("jumps", state.jumps);
  visit("tokenizer_hash", state.tokenizer_hash);
  visit("train_hash", state.train_hash);
  visit("validation_hash", state.validation_hash);
}

// ... and of its parts: `visit_members(part, visit)` for each of their types.
template <class Part, class Type>
concept Is = std::same_as<std::remove_const_t<Part>, Type>;

template <Is<LossScaleState> State, class Visitor>
void visit_members(State& state, Visitor&& visit) {
  visit("value", state.value);
  visit("good_steps", state.good_steps);
  visit("skipped_steps", state.skipped_steps);
}
template <Is<ImprovementState> State, class Visitor>
void visit_members(State& state, Visitor&& visit) {
  visit("best", state.best);
  visit("step", state.step);
  visit("stale", state.stale);
  visit("stale_since_fall", state.stale_since_fall);
  visit("falls", state.falls);
}
template <Is<RunningMoments> State, class Visitor>
void visit_members(State& state, Visitor&& visit) {
  visit("mean", state.mean);
  visit("variance", state.variance);
  visit("count", state.count);
}
template <Is<SpikeState> State, class Visitor>
void visit_members(State& state, Visitor&& visit) {
  visit("loss", state.loss);
  visit("grad_norm", state.grad_norm);
  visit("spikes", state.spikes);
  visit("skipped_steps", state.skipped_steps);
  visit("rewinds", state.rewinds);
  visit("rewound_step", state.rewound_step);
}
template <Is<DataJump> State, class Visitor>
void visit_members(State& state, Visitor&& visit) {
  visit("step", state.step);
  visit("micro_steps", state.micro_steps);
}

template <class T>
concept Composite = requires(T& value) { visit_members(value, [](const char*, auto&) {}); };
template <class T>
concept List = requires(T& value) { value.emplace_back(); };

struct ToJson {
  template <class T>
  ordered_json operator()(const T& value) const {
    if constexpr (Composite<T>) {
      ordered_json json;
      visit_members(value, [&](const char* name, const auto& member) { json[name] = (*this)(member); });
      return json;
    } else if constexpr (List<T>) {
      ordered_json json = ordered_json::array();
      for (const auto& element : value) json.push_back((*this)(element));
      return json;
    } else {
      return value;
    }
  }
  template <class T>
  ordered_json operator()(const std::optional<T>& value) const {
    return value ? (*this)(*value) : ordered_json();
  }
};

struct FromJson {
  template <class T>
  void operator()(const ordered_json& json, T& value) const {
    if constexpr (Composite<T>) {
      visit_members(value, [&](const char* name, auto& member) { (*this)(json.at(name), member); });
    } else if constexpr (List<T>) {
      value.clear();
      for (const ordered_json& element : json.template get_ref<const ordered_json::array_t&>())
        (*this)(element, value.emplace_back());
    } else {
      value = json.template get<T>();
    }
  }
  template <class T>
  void operator()(const ordered_json& json, std::optional<T>& value) const {
    value.reset();
    if (!json.is_null()) (*this)(json, value.emplace());
  }
};

}  // namespace

std::uint64_t first_micro_step(const TrainState& state, std::uint64_t number, std::uint64_t micro_batches) {
  DataJump from;
  for (const DataJump& jump : state.jumps)
    if (jump.step < number) from = jump;
  return from.micro_steps + (number - 1 - from.step) * micro_batches;
}

TrainState state_in_batches_of(const StateFile& file, std::size_t batch_size, const std::filesystem::path& path) {
  TrainState state = file.state;
  const auto theirs = file.preset.value("batch_size", std::uint64_t{batch_size});
  if (theirs == batch_size) return state;
  const auto count_anew = [&](std::uint64_t& micro_steps) {
    const std::uint64_t rows = micro_steps * theirs;
    if (rows % batch_size != 0)
      throw Error(Fault::usage,
                  fmt::format("the run has used {} rows, which is no number of batches of {}", rows, batch_size),
                  path.string(), fmt::format("use a batch_size that divides {}", theirs));
    micro_steps = rows / batch_size;
  };
  count_anew(state.micro_steps);
  for (DataJump& jump : state.jumps) count_anew(jump.micro_steps);
  return state;
}

std::string to_text(const StateFile& file) {
  ordered_json json;
  json["format"] = kFormat;
  json["preset"] = file.preset;
  visit_fields(file.state,
               [&](const char* name, const auto& value) { json["state"][name] = ToJson()(value); });
  json["xxh3_128"][kModelFile] = file.model_hash;
  json["xxh3_128"][kOptimizerFile] = file.optimizer_hash;
  if (!file.means_hash.empty()) json["xxh3_128"][kMeansFile] = file.means_hash;
  json["checksum"] = hash_text(json_text(json));
  return json_text(json, 2) + '\n';
}

StateFile read_state_file(const std::filesystem::path& path) {
  ordered_json json = parse_json(read_text(path));
  try {
    const auto checksum = json.at("checksum").get<std::string>();
    json.erase("checksum");
    if (checksum != hash_text(json_text(json))) throw Error(Fault::run, "the file is damaged", path.string());
    if (json.at("format") != kFormat)
      throw Error(Fault::usage, "the checkpoint is of another version of Diecast: " + json_text(json["format"]),
                  path.string(), "use the version that wrote it or train again");
    StateFile file;
    file.preset = json.at("preset");
    visit_fields(file.state,
                 [&](const char* name, auto& value) { FromJson()(json.at("state").at(name), value); });
    file.model_hash = json.at("xxh3_128").at(kModelFile).get<std::string>();
    file.optimizer_hash = json.at("xxh3_128").at(kOptimizerFile).get<std::string>();
    file.means_hash = json.at("xxh3_128").value(kMeansFile, std::string());
    return file;
  } catch (const nlohmann::json::exception&) {
    throw Error(Fault::run, "the file is damaged", path.string());
  }
}

}  // namespace diecast
