#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>
#include <diecast/preset/fields.hpp>

#include "checkpoint/model_arrays.hpp"
#include "checkpoint/state_file.hpp"
#include "core/content_hash.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;

void read_arrays(const fs::path& path, const ParamTable& table, const std::vector<FlatArray>& arrays) {
  SafetensorsFile file(path);
  for (const FlatArray& array : arrays)
    for (const ParamRow& row : table.rows) {
      file.read(array.prefix + row.name, row.shape, row.in(array.values));
      std::ranges::fill(array.values.subspan(row.offset + row.size(), row.stored - row.size()), 0.0f);
    }
}

std::optional<std::string> first_other_in(const fs::path& path, const ParamTable& table,
                                          const std::vector<FlatArray>& arrays) {
  SafetensorsFile file(path);
  std::vector<float> stored;
  for (const FlatArray& array : arrays)
    for (const ParamRow& row : table.rows) {
      stored.resize(row.size());
      file.read(array.prefix + row.name, row.shape, stored);
      if (std::memcmp(stored.data(), row.in(array.values).data(), stored.size() * sizeof(float)) != 0)
        return array.prefix + row.name;
    }
  return std::nullopt;
}

void check_hash(const fs::path& path, const std::string& hash) {
  if (hash_file(path) != hash) throw Error(Fault::run, "the file is damaged", path.string());
}

StateFile verified_state(const fs::path& checkpoint, CheckpointParts parts) {
  StateFile file = read_state_file(checkpoint / kStateFile);
  const auto named = checkpoint_step(checkpoint.filename().string());
  if (named && *named != file.state.step)
    throw Error(Fault::run, "the checkpoint is of step " + std::to_string(file.state.step), checkpoint.string());
  check_hash(checkpoint / kModelFile, file.model_hash);
  if (parts == CheckpointParts::parameters_and_moments) check_hash(checkpoint / kOptimizerFile, file.optimizer_hash);
  if (!file.means_hash.empty()) check_hash(checkpoint / kMeansFile, file.means_hash);
  return file;
}

void check_preset(const fs::path& checkpoint, const Preset& ours, const nlohmann::ordered_json& theirs) {
  Preset our_kind = ours;  // whose rows may be split into batches in another way
  our_kind.batch_size = theirs.value("batch_size", ours.batch_size);
  const auto difference = first_difference(our_kind, theirs);
  if (!difference) return;
  const std::string their_name = theirs.value("name", std::string("?"));
  throw Error(Fault::usage, "the checkpoint is " + to_text(*difference, ours, theirs), checkpoint.string(),
              their_name == ours.name ? "build the preset as it was then or start a new run"
                                      : "use the binary " + their_name);
}

TrainState load_verified(const fs::path& checkpoint, Model& model, CheckpointParts parts) {
  const StateFile file = verified_state(checkpoint, parts);
  check_preset(checkpoint, model.preset(), file.preset);
  const ParamTable& table = model.param_table();
  const bool has_means = !file.means_hash.empty(), trains_on = parts == CheckpointParts::parameters_and_moments;
  const TrainState state =
      trains_on ? state_in_batches_of(file, model.preset().batch_size, checkpoint / kStateFile) : file.state;
  read_arrays(checkpoint / (has_means && !trains_on ? kMeansFile : kModelFile), table, parameter_arrays(model));
  if (trains_on) {
    read_arrays(checkpoint / kOptimizerFile, table, moment_arrays(model));
    model.restart_means();
    if (has_means && !model.means().empty()) read_arrays(checkpoint / kMeansFile, table, mean_arrays(model));
  }
  model.parameters_changed();
  return state;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::optional<std::uint64_t> latest_step(const RunFolder& run) {
  const auto step = step_named_in(run.latest());
  return step && is_there(run.checkpoint(*step)) ? step : std::nullopt;
}

// In the order in which they are tried.
std::vector<std::uint64_t> steps_to_try(const RunFolder& run) {
  const std::uint64_t latest = latest_step(run).value_or(std::numeric_limits<std::uint64_t>::max());
  std::vector<std::uint64_t> steps = checkpoint_steps(run.checkpoints());
  std::ranges::sort(steps, {}, [&](std::uint64_t step) { return std::pair(step > latest, ~step); });
  return steps;
}

std::string in_one_line(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += reason + "; ";
  return text;
}

}  // namespace

TrainState load_checkpoint(const fs::path& checkpoint, Model& model, CheckpointParts parts) {
  try {
    return load_verified(checkpoint, model, parts);
  } catch (const Error& error) {
    if (error.fault() != Fault::run) throw;
    throw Error(Fault::run, error.what(), {}, "use another checkpoint of the run or restore this one");
  }
}

std::optional<LoadedCheckpoint> load_newest(const RunFolder& run, Model& model, CheckpointParts parts) {
  LoadedCheckpoint loaded;
  std::vector<std::string> reasons;
  std::set<std::uint64_t> tried;
  // Asked anew each time: a run that is being trained makes and deletes checkpoints.
  for (;;) {
    const std::vector<std::uint64_t> steps = steps_to_try(run);
    const auto next = std::ranges::find_if(steps, [&](std::uint64_t step) { return !tried.contains(step); });
    if (next == steps.end()) break;
    tried.insert(*next);
    loaded.path = run.checkpoint(*next);
    try {
      loaded.state = load_verified(loaded.path, model, parts);
    } catch (const Error& error) {
      if (error.fault() != Fault::run) throw;
      if (!is_there(loaded.path)) continue;
      loaded.damaged.push_back(loaded.path);
      reasons.push_back(error.what());
      continue;
    }
    if (!latest_step(run)) reasons.push_back("no checkpoint is named in " + run.latest().string());
    if (!reasons.empty()) loaded.warning = in_one_line(reasons) + "using " + loaded.path.string();
    return loaded;
  }
  if (reasons.empty()) return std::nullopt;
  throw Error(Fault::run, "no checkpoint of the run is whole: " + reasons.front(), {},
              "restore one or train again");
}

void set_aside_damaged(const RunFolder& run, const LoadedCheckpoint& loaded) {
  for (const fs::path& checkpoint : loaded.damaged) {
    const fs::path aside = checkpoint.parent_path() / ("damaged-" + checkpoint.filename().string());
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    fs::rename(checkpoint, aside, ignored);
  }
  if (!loaded.warning.empty()) run.write(run.latest(), loaded.path.filename().string() + '\n');
}

void verify_checkpoint(const fs::path& checkpoint) {
  verified_state(checkpoint, CheckpointParts::parameters_and_moments);
}

std::optional<std::string> first_other_tensor(const fs::path& checkpoint, Model& model) {
  const StateFile file = verified_state(checkpoint, CheckpointParts::parameters_and_moments);
  check_preset(checkpoint, model.preset(), file.preset);
  auto other = first_other_in(checkpoint / kModelFile, model.param_table(), parameter_arrays(model));
  if (!other) other = first_other_in(checkpoint / kOptimizerFile, model.param_table(), moment_arrays(model));
  if (!other && !file.means_hash.empty() && !model.means().empty())
    other = first_other_in(checkpoint / kMeansFile, model.param_table(), mean_arrays(model));
  return other;
}

std::optional<fs::path> find_latest(const RunFolder& run) {
  if (const auto latest = latest_step(run)) return run.checkpoint(*latest);
  const auto steps = checkpoint_steps(run.checkpoints());
  if (steps.empty()) return std::nullopt;
  return run.checkpoint(steps.back());
}

std::optional<std::uint64_t> step_named_in(const fs::path& file) {
  std::ifstream text(file);
  std::string name;
  std::getline(text, name);
  return checkpoint_step(name);
}

}  // namespace diecast
