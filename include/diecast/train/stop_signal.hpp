#pragma once

#include <atomic>
#include <string_view>

namespace diecast {

/// While one lives, the first SIGINT, SIGTERM or SIGHUP only raises a flag, so that the run can write a
/// checkpoint; the second ends the program at once, with exit code 128 + signal. A SIGHUP that was ignored
/// before stays so. One that is made while another lives changes nothing. Only the main thread makes them.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The signal that came; 0 while none has.
  static const std::atomic<int>& received();
  /// "SIGINT", "SIGTERM" or "SIGHUP".
  static std::string_view name_of(int signal);
};

}  // namespace diecast
