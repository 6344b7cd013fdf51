#pragma once

#include <atomic>
#include <string_view>

namespace diecast {

/// While one lives, the first SIGINT, SIGTERM or SIGHUP only raises a flag, so that the run can write a
/// checkpoint; the second ends the program at once, with exit code 128 + signal. A SIGHUP that was ignored
/// before stays so. One that is made while another lives changes nothing. Only the main thread makes them.
/// SIGUSR1 raises a flag of its own and stops nothing.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The signal that came; 0 while none has.
  static const std::atomic<int>& received();
  /// Whether SIGUSR1 came: a checkpoint is wanted, and the run goes on. Who begins it lowers the flag.
  static std::atomic<bool>& checkpoint_asked();
  /// "SIGINT", "SIGTERM" or "SIGHUP".
  static std::string_view name_of(int signal);
};

}  // namespace diecast
