#include <diecast/train/stop_signal.hpp>

#include <unistd.h>

#include <csignal>

namespace diecast {
namespace {

// A signal handler reaches nothing but globals.
std::atomic<int> first_signal{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "StopSignal: only lock-free atomics may be used in a handler");

int living = 0;  // StopSignals

void on_signal(int signal) {
  if (first_signal.exchange(signal) != 0) _exit(128 + signal);
}

void handle_with(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Ignored from the start means `nohup`: the run outlives its terminal.
  struct sigaction inherited {};
  if (sigaction(SIGHUP, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
    sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  if (living++ > 0) return;
  first_signal = 0;
  handle_with(on_signal);
}

StopSignal::~StopSignal() {
  if (--living == 0) handle_with(SIG_DFL);
}

const std::atomic<int>& StopSignal::received() { return first_signal; }

std::string_view StopSignal::name_of(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

}  // namespace diecast
