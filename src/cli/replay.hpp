#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/report/log.hpp>

namespace diecast {

/// Steps to run again: those after `from`, up to `to`.
struct ReplayRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

/// Reads `A..B`. Throws Error(Fault::usage).
ReplayRange parse_replay_range(const std::string& text);

/// What came of it.
struct Replay {
  struct Difference {
    std::uint64_t step = 0;
    std::string what;  ///< a sentence with both values
  };
  std::uint64_t from = 0;        ///< the step it went on from: `from` of the range, or an earlier one
  std::size_t logged_steps = 0;  ///< that metrics.jsonl has of the range
  bool compared_checkpoint = false;
  std::optional<Difference> difference{};  ///< the first one
};

/// Trains a run's steps again, from the checkpoint of the range's first step or the nearest before, and compares loss,
/// gradient norm and learning rate of each step that the run logged, and all arrays with the checkpoint of the last
/// one if there is one. Writes nothing into the run's folder. Throws Error(Fault::usage) when the run has not come so
/// far or its data have changed, Stopped on a signal.
Replay replay_steps(const RunFolder& folder, const ReplayRange& range, Log& log);

}  // namespace diecast
