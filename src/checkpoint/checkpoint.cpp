#include <diecast/checkpoint/checkpoint.hpp>

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>
#include <diecast/preset/fields.hpp>

#include "checkpoint/model_arrays.hpp"
#include "checkpoint/state_file.hpp"
#include "core/durable_file.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryPrefix = ".tmp-";

void write_arrays(DurableFile& file, const ParamTable& table, const std::vector<FlatArray>& arrays) {
  std::vector<TensorToWrite> tensors;
  for (const FlatArray& array : arrays)
    for (const ParamRow& row : table.rows)
      tensors.push_back({array.prefix + row.name, row.shape, row.in(array.values)});
  write_safetensors(file, tensors);
}

// All files are written before any is synced: the arrays are needed no longer than that.
void write_files(const fs::path& folder, Model& model, const TrainState& state,
                 const std::function<void()>& arrays_read) {
  const ParamTable& table = model.param_table();
  StateFile file{
      .state = state, .preset = preset_to_json(model.preset()), .model_hash = {}, .optimizer_hash = {}};
  DurableFile parameters(folder / kModelFile), moments(folder / kOptimizerFile);
  write_arrays(parameters, table, parameter_arrays(model));
  write_arrays(moments, table, moment_arrays(model));
  std::optional<DurableFile> means;
  if (!model.means().empty()) write_arrays(means.emplace(folder / kMeansFile), table, mean_arrays(model));
  if (arrays_read) arrays_read();
  file.model_hash = parameters.close();
  file.optimizer_hash = moments.close();
  if (means) file.means_hash = means->close();
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

// Deletes what `keep` does not. Checkpoints of later steps than `newest` are left from before the run was taken
// back to an earlier one; they do not count, nor are they deleted.
void remove_old(const RunFolder& run, std::uint64_t newest, const Retention& keep) {
  std::vector<std::uint64_t> steps = checkpoint_steps(run.checkpoints());
  std::erase_if(steps, [&](std::uint64_t step) { return step > newest; });
  if (keep.last == 0 || steps.size() <= keep.last) return;
  steps.resize(steps.size() - keep.last);
  const auto best = keep.best ? step_named_in(run.best()) : std::nullopt;
  for (const std::uint64_t step : steps)
    if (step != best && (keep.every == 0 || step % keep.every != 0)) remove_checkpoint(run.checkpoint(step));
}

}  // namespace

std::uint64_t checkpoint_bytes(const ParamTable& table, bool has_means) {
  const std::uint64_t names_and_numbers = (table.rows.size() + 16) * 1024;
  return (has_means ? 4 : 3) * sizeof(float) * table.parameter_count() + names_and_numbers;
}

void save_checkpoint(const RunFolder& run, Model& model, const TrainState& state, const Retention& keep, bool is_best,
                     const std::function<void()>& arrays_read) {
  const std::string name = checkpoint_name(state.step);
  const fs::path temporary = run.checkpoints() / (std::string(kTemporaryPrefix) + name);
  const std::uint64_t needed = checkpoint_bytes(model.param_table(), !model.means().empty());
  std::error_code ignored;
  try {
    fs::create_directories(run.checkpoints());
    remove_temporaries(run.checkpoints());
    check_free_space(run.checkpoints(), needed);
    fs::create_directory(temporary);
    write_files(temporary, model, state, arrays_read);
    publish(temporary, run.checkpoint(state.step));
    // In this order: a run that is stopped in between goes on from before this step, and makes it again.
    if (is_best && keep.best) run.write(run.best(), name + '\n');
    run.write(run.latest(), name + '\n');
  } catch (const std::exception& error) {
    fs::remove_all(temporary, ignored);
    throw Error(
        Fault::run, std::string("cannot save the checkpoint: ") + error.what(), {},
        "see that " + mebibytes(needed) + " are free and writable there; older checkpoints are untouched");
  }
  fs::remove_all(temporary, ignored);  // what `publish` exchanged, if anything
  remove_old(run, state.step, keep);
}

}  // namespace diecast
