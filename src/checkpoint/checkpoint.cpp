#include <diecast/checkpoint/checkpoint.hpp>

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>
#include <diecast/preset/fields.hpp>

#include "checkpoint/state_file.hpp"
#include "core/content_hash.hpp"
#include "core/durable_file.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryPrefix = ".tmp-";

// One of the model's flat arrays and what its tensors' names begin with on disk.
struct FlatArray {
  const char* prefix;
  std::span<float> values;
};

std::vector<FlatArray> parameter_arrays(Model& model) { return {{"", model.parameters()}}; }
std::vector<FlatArray> mean_arrays(Model& model) { return {{"", model.means()}}; }
std::vector<FlatArray> moment_arrays(Model& model) {
  return {{"m.", model.first_moments()}, {"v.", model.second_moments()}};
}

std::string write_arrays(const fs::path& path, const ParamTable& table,
                         const std::vector<FlatArray>& arrays) {
  std::vector<TensorToWrite> tensors;
  for (const FlatArray& array : arrays)
    for (const ParamRow& row : table.rows)
      tensors.push_back({array.prefix + row.name, row.shape, row.in(array.values)});
  return write_safetensors(path, tensors);
}

void read_arrays(const fs::path& path, const ParamTable& table, const std::vector<FlatArray>& arrays) {
  SafetensorsFile file(path);
  for (const FlatArray& array : arrays)
    for (const ParamRow& row : table.rows) {
      file.read(array.prefix + row.name, row.shape, row.in(array.values));
      std::ranges::fill(array.values.subspan(row.offset + row.size(), row.stored - row.size()), 0.0f);
    }
}

void write_files(const fs::path& folder, Model& model, const TrainState& state) {
  const ParamTable& table = model.param_table();
  StateFile file{
      .state = state, .preset = preset_to_json(model.preset()), .model_hash = {}, .optimizer_hash = {}};
  file.model_hash = write_arrays(folder / kModelFile, table, parameter_arrays(model));
  file.optimizer_hash = write_arrays(folder / kOptimizerFile, table, moment_arrays(model));
  if (!model.means().empty()) file.means_hash = write_arrays(folder / kMeansFile, table, mean_arrays(model));
  DurableFile state_file(folder / kStateFile);
  state_file.write(to_text(file));
  state_file.close();
  sync_folder(folder);
}

std::string mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  return std::to_string((bytes + kMiB - 1) / kMiB) + " MiB";
}

void check_free_space(const fs::path& folder, std::uint64_t needed) {
  struct statvfs volume;
  if (statvfs(folder.c_str(), &volume) != 0)
    throw Error(Fault::run, "cannot see the free space: " + std::generic_category().message(errno),
                folder.string());
  const std::uint64_t free = std::uint64_t{volume.f_bavail} * volume.f_frsize;
  if (free < needed)
    throw Error(Fault::run, "only " + std::to_string(free >> 20) + " MiB are free", folder.string());
}

// Leftovers of a process that was killed while it saved.
void remove_temporaries(const fs::path& checkpoints) {
  std::vector<fs::path> found;
  std::error_code error, ignored;
  for (fs::directory_iterator entry(checkpoints, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().filename().string().starts_with(kTemporaryPrefix)) found.push_back(entry->path());
  for (const fs::path& path : found) fs::remove_all(path, ignored);
}

// Takes a checkpoint's name away before its files: a folder of that name is complete at every instant. What
// cannot be deleted after that is left to `remove_temporaries`.
void remove_checkpoint(const fs::path& checkpoint) {
  const std::string name = std::string(kTemporaryPrefix) + "old-" + checkpoint.filename().string();
  const fs::path temporary = checkpoint.parent_path() / name;
  std::error_code ignored;
  fs::rename(checkpoint, temporary, ignored);
  fs::remove_all(temporary, ignored);
}

// Gives the finished folder its name. A checkpoint of that step, saved before, goes in the same instant.
void publish(const fs::path& temporary, const fs::path& checkpoint) {
  if (!fs::exists(checkpoint)) {
    fs::rename(temporary, checkpoint);
  } else if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, checkpoint.c_str(), RENAME_EXCHANGE) != 0) {
    const bool unsupported = errno == EINVAL || errno == ENOSYS;  // by some network file systems
    if (!unsupported)
      throw std::system_error(errno, std::generic_category(), "exchange " + checkpoint.string());
    remove_checkpoint(checkpoint);
    fs::rename(temporary, checkpoint);
  }
  sync_folder(checkpoint.parent_path());
}

// Deletes all but the last `keep_last` checkpoints. Those of later steps than `newest` are left from before
// the run was taken back to an earlier one; they do not count, nor are they deleted.
void remove_old(const RunFolder& run, std::uint64_t newest, std::size_t keep_last) {
  std::vector<std::uint64_t> steps = checkpoint_steps(run.checkpoints());
  std::erase_if(steps, [&](std::uint64_t step) { return step > newest; });
  if (keep_last == 0 || steps.size() <= keep_last) return;
  steps.resize(steps.size() - keep_last);
  for (const std::uint64_t step : steps) remove_checkpoint(run.checkpoint(step));
}

// What to do about a checkpoint that cannot be used.
std::string remedy_for(const fs::path& checkpoint) {
  const fs::path folder = checkpoint.parent_path();
  auto steps = checkpoint_steps(folder);
  const auto own = checkpoint_step(checkpoint.filename().string());
  std::erase_if(steps, [&](std::uint64_t step) { return step >= own.value_or(0); });
  if (steps.empty()) return "there is no older checkpoint; restore this one or train again";
  return "delete this checkpoint to go on from the older one, " +
         (folder / checkpoint_name(steps.back())).string();
}

void check_hash(const fs::path& path, const std::string& hash) {
  if (hash_file(path) != hash) throw Error(Fault::run, "the file is damaged", path.string());
}

enum class Parts { parameters, parameters_and_moments };

StateFile verified_state(const fs::path& checkpoint, Parts parts) {
  try {
    StateFile file = read_state_file(checkpoint / kStateFile);
    check_hash(checkpoint / kModelFile, file.model_hash);
    if (parts == Parts::parameters_and_moments) check_hash(checkpoint / kOptimizerFile, file.optimizer_hash);
    if (!file.means_hash.empty()) check_hash(checkpoint / kMeansFile, file.means_hash);
    return file;
  } catch (const Error& error) {
    throw Error(error.fault(), error.what(), {}, remedy_for(checkpoint));
  }
}

void check_preset(const fs::path& checkpoint, const Preset& ours, const nlohmann::ordered_json& theirs) {
  const auto difference = first_difference(ours, theirs);
  if (!difference) return;
  const std::string our_name(ours.name);
  const std::string their_name = theirs.value("name", std::string("?"));
  throw Error(Fault::usage,
              "the checkpoint is of preset " + their_name + ", this binary of preset " + our_name + ": " +
                  difference->field + " is " + difference->theirs + " there, " + difference->ours + " here",
              checkpoint.string(),
              their_name == our_name ? "build the preset as it was then or start a new run"
                                     : "use the binary " + their_name);
}

TrainState load(const fs::path& checkpoint, Model& model, Parts parts) {
  const StateFile file = verified_state(checkpoint, parts);
  check_preset(checkpoint, model.preset(), file.preset);
  const ParamTable& table = model.param_table();
  const bool has_means = !file.means_hash.empty();
  const bool uses_means = parts == Parts::parameters && has_means;
  read_arrays(checkpoint / (uses_means ? kMeansFile : kModelFile), table, parameter_arrays(model));
  if (parts == Parts::parameters_and_moments) {
    read_arrays(checkpoint / kOptimizerFile, table, moment_arrays(model));
    if (has_means && !model.means().empty())
      read_arrays(checkpoint / kMeansFile, table, mean_arrays(model));
    else
      model.restart_means();
  }
  model.parameters_changed();
  return file.state;
}

}  // namespace

std::uint64_t checkpoint_bytes(const ParamTable& table, bool has_means) {
  const std::uint64_t names_and_numbers = (table.rows.size() + 16) * 1024;
  return (has_means ? 4 : 3) * sizeof(float) * table.parameter_count() + names_and_numbers;
}

void save_checkpoint(const RunFolder& run, Model& model, const TrainState& state, std::size_t keep_last) {
  const std::string name = checkpoint_name(state.step);
  const fs::path temporary = run.checkpoints() / (std::string(kTemporaryPrefix) + name);
  const std::uint64_t needed = checkpoint_bytes(model.param_table(), !model.means().empty());
  std::error_code ignored;
  try {
    fs::create_directories(run.checkpoints());
    remove_temporaries(run.checkpoints());
    check_free_space(run.checkpoints(), needed);
    fs::create_directory(temporary);
    write_files(temporary, model, state);
    publish(temporary, run.checkpoint(state.step));
    run.write(run.latest(), name + '\n');
  } catch (const std::exception& error) {
    fs::remove_all(temporary, ignored);
    throw Error(
        Fault::run, std::string("cannot save the checkpoint: ") + error.what(), {},
        "see that " + mebibytes(needed) + " are free and writable there; older checkpoints are untouched");
  }
  fs::remove_all(temporary, ignored);  // what `publish` exchanged, if anything
  remove_old(run, state.step, keep_last);
}

TrainState load_checkpoint(const fs::path& checkpoint, Model& model) {
  return load(checkpoint, model, Parts::parameters_and_moments);
}

TrainState load_parameters(const fs::path& checkpoint, Model& model) {
  return load(checkpoint, model, Parts::parameters);
}

std::optional<fs::path> find_latest(const RunFolder& run) {
  std::ifstream file(run.latest());
  std::string name;
  std::getline(file, name);
  std::error_code ignored;
  if (checkpoint_step(name) && fs::is_directory(run.checkpoints() / name, ignored))
    return run.checkpoints() / name;
  const auto steps = checkpoint_steps(run.checkpoints());
  if (steps.empty()) return std::nullopt;
  return run.checkpoint(steps.back());
}

}  // namespace diecast
