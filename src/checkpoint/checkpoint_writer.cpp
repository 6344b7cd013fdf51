#include <diecast/checkpoint/checkpoint_writer.hpp>

#include <chrono>
#include <utility>

namespace diecast {

CheckpointWriter::CheckpointWriter(const RunFolder& run, Model& model, const Retention& keep,
                                   std::function<void()> before)
    : run_(run), model_(model), keep_(keep), before_(std::move(before)) {}

CheckpointWriter::~CheckpointWriter() {
  if (writing_.valid()) writing_.wait();
}

void CheckpointWriter::begin(const TrainState& state, bool is_best) {
  reading_ = true;
  writing_ = std::async(std::launch::async, [this, state, is_best] {
    // Also when it fails.
    struct Read {
      std::atomic<bool>& reading;
      void now() const {
        reading = false;
        reading.notify_all();
      }
      ~Read() { now(); }
    } read{reading_};
    if (before_) before_();
    save_checkpoint(run_, model_, state, keep_, is_best, [&] { read.now(); });
  });
}

void CheckpointWriter::wait_until_read() const { reading_.wait(true); }

bool CheckpointWriter::has_ended() const {
  return writing_.valid() && writing_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

void CheckpointWriter::finish() {
  if (writing_.valid()) writing_.get();
}

}  // namespace diecast
