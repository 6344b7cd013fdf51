#include <diecast/train/checkpoint_schedule.hpp>

#include <utility>

#include <fmt/format.h>

#include <diecast/core/error.hpp>

namespace diecast {

void CheckpointSchedule::start(std::optional<std::uint64_t> saved) {
  saved_step_ = saved;
  saved_at_ = Clock::now();
}

bool CheckpointSchedule::is_due(std::uint64_t step, bool is_best) {
  if (writer_ == nullptr) return false;
  if (writer_->has_ended()) finish_warning();
  const std::chrono::duration<double> since = Clock::now() - saved_at_;
  const bool by_time = section_.every_minutes > 0 && since.count() >= 60 * section_.every_minutes;
  const bool by_steps = section_.every_steps > 0 && step % section_.every_steps == 0;
  const bool by_interval = saved_step_ != step && (by_time || by_steps);
  return by_interval || keeps_as_best(is_best) || (asked_ != nullptr && *asked_);
}

void CheckpointSchedule::save(const TrainState& state, bool is_best) {
  finish_warning();
  const bool asked = asked_ != nullptr && asked_->exchange(false);
  begin(state, is_best);
  if (!asked) return;
  warned_ = false;  // who asks is told
  finish_warning();
  if (saved_step_)
    log_.info(fmt::format("checkpoint {}, as asked for", writer_->run().checkpoint(state.step).string()));
}

void CheckpointSchedule::settle() {
  if (writer_ != nullptr) finish_warning();
}

void CheckpointSchedule::wait_until_read() const {
  if (writer_ != nullptr) writer_->wait_until_read();
}

bool CheckpointSchedule::last_is_due(std::uint64_t step, bool is_best) {
  if (writer_ == nullptr) return false;
  try {
    writer_->finish();
  } catch (const Error&) {
    note_failure();  // another try is to come
  }
  return saved_step_ != step || keeps_as_best(is_best);
}

void CheckpointSchedule::save_last(const TrainState& state, bool is_best) {
  begin(state, is_best);
  writer_->finish();
}

void CheckpointSchedule::begin(const TrainState& state, bool is_best) {
  writer_->begin(state, is_best);
  saves_best_ = keeps_as_best(is_best);
  saved_step_ = state.step;
  saved_at_ = Clock::now();
}

void CheckpointSchedule::note_failure() {
  saved_step_.reset();
  lost_best_ |= saves_best_;
}

// Waits for what is being written.
void CheckpointSchedule::finish_warning() {
  try {
    writer_->finish();
  } catch (const Error& error) {
    note_failure();
    if (!std::exchange(warned_, true))
      log_.warning(fmt::format("{}; the run goes on and will try again", error.what()));
  }
}

}  // namespace diecast
