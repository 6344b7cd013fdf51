#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/model/model.hpp>
#include <diecast/report/dashboard.hpp>
#include <diecast/report/log.hpp>
#include <diecast/train/metrics.hpp>
#include <diecast/train/step_profile.hpp>
#include <diecast/train/tensorboard.hpp>

namespace diecast {

/// What shows a run beside its metrics.jsonl: machine.json and profile.json in its folder, TensorBoard's files, and the
/// dashboard.
class RunWatch {
 public:
  /// `dashboard`: the port, or nothing. Takes the port at once, before there is a run.
  explicit RunWatch(std::optional<int> dashboard);

  /// Shows this run, which goes on after `last_step`. Throws Error(Fault::run).
  void start(const RunConfig& config, const RunFolder& folder, Model& model, const ThreadPool& pool, const Peak& peak,
             std::uint64_t last_step, Log& log);

  /// After `start`.
  StepProfiler* profiler() { return &*profiler_; }
  void write(const Metrics& metrics);
  /// The run goes on after `last_step` again. Throws Error(Fault::run).
  void rewind(std::uint64_t last_step);
  void write_sample(std::uint64_t step, const std::string& prompt, const std::string& text);

 private:
  std::optional<RunFolder> folder_;
  std::optional<StepProfiler> profiler_;
  bool profile_written_ = false;
  std::optional<TensorBoardFile> tensorboard_;
  std::unique_ptr<Dashboard> dashboard_;
};

}  // namespace diecast
