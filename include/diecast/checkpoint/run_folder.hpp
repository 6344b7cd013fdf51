#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diecast {

class RunLock;

/// The folder of a run: where its files are, that none of an earlier run is ever written over, and that one
/// process at a time trains it. It and its copies hold the run's lock if they were made for training; reading
/// a run needs none. The system drops the lock of a process that ends, however it does.
///
///     RUN/  config.toml  metrics.jsonl  tokenizer.json  samples.jsonl  log.txt  machine.json  profile.json
///     RUN/cache/  tensorboard/
///     RUN/checkpoints/  step-00000100/  step-00000200/  latest  best
class RunFolder {
 public:
  /// Makes `path` the folder of a new run and locks it; it may exist already. Throws Error(Fault::usage) when
  /// it holds a run, is locked or cannot be written.
  static RunFolder create(const std::filesystem::path& path);
  /// Creates `parent/PRESET-N` with the first N from 1 that is free; two runs started at once get one each.
  static RunFolder create_next(const std::filesystem::path& parent, std::string_view preset);
  /// The folder of an existing run, to read. Throws Error(Fault::usage) when there is no run.
  static RunFolder open(const std::filesystem::path& path);
  /// ... to train on: locked. Throws Error(Fault::usage) also when another process is training it.
  static RunFolder open_to_train(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path tokenizer() const { return path_ / "tokenizer.json"; }
  std::filesystem::path samples() const { return path_ / "samples.jsonl"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path machine() const { return path_ / "machine.json"; }
  std::filesystem::path profile() const { return path_ / "profile.json"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }
  /// Tokens of the texts it trains on, which can be made again.
  std::filesystem::path cache() const { return path_ / "cache"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path latest() const { return checkpoints() / "latest"; }
  std::filesystem::path best() const { return checkpoints() / "best"; }
  /// `checkpoints/step-00000100`, whether it exists or not.
  std::filesystem::path checkpoint(std::uint64_t step) const;

  /// Takes the run's lock, again if the folder was made anew. Throws Error(Fault::usage) when another process has it.
  void lock();

  /// Replaces a file of this folder by `text`: after a crash it has the old content or the new one. Throws
  /// Error(Fault::run) when that fails.
  void write(const std::filesystem::path& file, std::string_view text) const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  std::shared_ptr<const RunLock> lock_;
};

/// `step-00000100`: at least eight digits, so that names sort like steps.
std::string checkpoint_name(std::uint64_t step);

/// The step of a `checkpoint_name`; nothing for any other name.
std::optional<std::uint64_t> checkpoint_step(std::string_view name);

/// The steps of which a folder `checkpoints` has a checkpoint, ascending. A folder has that name only once it
/// is complete.
std::vector<std::uint64_t> checkpoint_steps(const std::filesystem::path& checkpoints);

}  // namespace diecast
