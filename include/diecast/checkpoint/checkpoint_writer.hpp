#pragma once

#include <atomic>
#include <functional>
#include <future>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/model/model.hpp>

namespace diecast {

/// Writes a run's checkpoints on a thread of its own, one at a time, while training goes on. It reads the model's own
/// arrays, not copies: whoever changes parameters or moments calls `wait_until_read` first, which takes no longer than
/// the files' bytes are on their way to the disk. Forward and backward change neither.
class CheckpointWriter {
 public:
  /// `before` is called on the writer's thread before each checkpoint; what it throws is the checkpoint's failure. The
  /// model and what `before` uses must outlive the writer.
  CheckpointWriter(const RunFolder& run, Model& model, const Retention& keep, std::function<void()> before = {});
  /// Waits for the checkpoint that is being written.
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// Begins `save_checkpoint`. The one before must have ended, see `finish`.
  void begin(const TrainState& state, bool is_best);
  /// Until the model's arrays may change.
  void wait_until_read() const;
  /// Whether one was begun of which `finish` would say at once how it ended.
  bool has_ended() const;
  /// Waits until what was begun is on the disk; throws the Error of one that failed, once.
  void finish();

  const RunFolder& run() const { return run_; }

 private:
  RunFolder run_;
  Model& model_;
  Retention keep_;
  std::function<void()> before_;
  std::atomic<bool> reading_{false};
  std::future<void> writing_;  // its destructor waits
};

}  // namespace diecast
