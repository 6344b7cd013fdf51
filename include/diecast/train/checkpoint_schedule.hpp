#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <diecast/checkpoint/checkpoint_writer.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/report/log.hpp>

namespace diecast {

/// When a run's checkpoints are due, and what becomes of those that fail: they are warned of once and tried again at
/// the next interval, and the last one's failure is the run's.
class CheckpointSchedule {
 public:
  /// `writer` null: nothing is ever due. While `asked` (which may be null) is raised, a checkpoint is due; it is
  /// lowered when that is begun. All must outlive the schedule.
  CheckpointSchedule(const CheckpointSection& section, CheckpointWriter* writer, std::atomic<bool>* asked, Log& log)
      : section_(section), writer_(writer), asked_(asked), log_(log) {}

  /// The intervals begin now; of step `saved`, if any, there is a checkpoint.
  void start(std::optional<std::uint64_t> saved);

  /// Between two steps; `is_best`: this step's validation loss is the best so far. Also looks how the last one ended.
  bool is_due(std::uint64_t step, bool is_best);
  /// Begins a checkpoint. One that was asked for is waited for and announced.
  void save(const TrainState& state, bool is_best);
  /// Waits for the one that is being written.
  void settle();
  /// Whether a checkpoint of a best step has failed since this was last asked; of one being written, see `settle`.
  bool take_lost_best() { return std::exchange(lost_best_, false); }
  /// Before parameters or moments change.
  void wait_until_read() const;

  /// At the end of the run, waits for what is being written: whether the last step has no checkpoint.
  bool last_is_due(std::uint64_t step, bool is_best);
  /// Writes it and waits for it; throws Error(Fault::run) when that fails.
  void save_last(const TrainState& state, bool is_best);

 private:
  using Clock = std::chrono::steady_clock;

  void begin(const TrainState& state, bool is_best);
  void note_failure();
  void finish_warning();
  bool keeps_as_best(bool is_best) const { return is_best && section_.keep_best; }

  const CheckpointSection& section_;
  CheckpointWriter* writer_;
  std::atomic<bool>* asked_;
  Log& log_;
  std::optional<std::uint64_t> saved_step_;
  Clock::time_point saved_at_{};
  bool saves_best_ = false;  // the checkpoint that was begun last
  bool lost_best_ = false;
  bool warned_ = false;
};

}  // namespace diecast
