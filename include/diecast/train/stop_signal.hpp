#pragma once

#include <atomic>

namespace diecast {

/// While one lives, the first SIGINT, SIGTERM or SIGHUP only raises a flag, so that the run can write a
/// checkpoint; the second ends the program at once, with exit code 128 + signal. A SIGHUP that was ignored
/// before stays so. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The signal that came; 0 while none has.
  static const std::atomic<int>& received();
};

}  // namespace diecast
