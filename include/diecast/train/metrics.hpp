#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/appended_file.hpp>
#include <diecast/train/evaluation.hpp>

namespace diecast {

/// One line of metrics.jsonl. What is not a number (NaN) is null there.
struct Metrics {
  std::uint64_t step = 0;    ///< optimizer steps done
  std::uint64_t tokens = 0;  ///< seen since the start of the run
  double epoch = 0;          ///< passes over the training corpus
  double loss = 0;           ///< of this step, nats per token
  double lr = 0;
  double grad_norm = 0;  ///< before clipping; null in the file if it is not finite, as in a step that was skipped
  double tok_per_s = 0;  ///< since the last line
  std::optional<double> mfu{};  ///< share of this machine's measured peak, 0 to 1; null when not known
  double step_ms = 0;           ///< mean since the last line
  double wall_s = 0;            ///< spent training, resumed runs summed
  double data_wait = 0;         ///< share of the time spent waiting for data since the last line, 0 to 1
  std::optional<double> padding{};  ///< share of the positions filled up since the last line; no key when packed
  std::optional<LossScaleState> loss_scale{};  ///< where the precision needs one: no keys otherwise
  std::optional<std::uint64_t> spikes{};        ///< of the whole run; no key when spike.policy is off
  std::optional<Evaluation> evaluation{};
};

/// The line's keys and values.
nlohmann::ordered_json to_json(const Metrics& metrics);

/// Appends to RUN/metrics.jsonl. Each line is flushed, so that a killed run keeps all it logged.
class MetricsFile {
 public:
  /// Continues the file after `last_step`: lines of later steps, which a resumed run repeats, are dropped.
  /// Throws Error(Fault::run).
  MetricsFile(const std::filesystem::path& path, std::uint64_t last_step);

  /// Throws Error(Fault::run) when the line cannot be written; the next one can be tried all the same.
  void write(const Metrics& metrics);
  /// Adds the evaluation to the last line, if that is of the same step; otherwise writes a line as `write` does.
  void complete(const Metrics& metrics);
  /// Drops the lines of steps after `last_step`, which the run goes back to. Throws Error(Fault::run).
  void rewind(std::uint64_t last_step);

 private:
  AppendedFile file_;
};

}  // namespace diecast
