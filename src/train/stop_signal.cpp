#include <diecast/train/stop_signal.hpp>

#include <unistd.h>

#include <csignal>

namespace diecast {
namespace {

// A signal handler reaches nothing but globals.
std::atomic<int> first_signal{0};
std::atomic<bool> asked_for_checkpoint{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "StopSignal: only lock-free atomics may be used in a handler");

int living = 0;  // StopSignals

void on_signal(int signal) {
  if (first_signal.exchange(signal) != 0) _exit(128 + signal);
}

void on_checkpoint_asked(int) { asked_for_checkpoint = true; }

void handle_with(void (*handler)(int), void (*asked_handler)(int)) {
  struct sigaction action {};
  action.sa_flags = SA_RESTART;
  action.sa_handler = asked_handler;
  sigaction(SIGUSR1, &action, nullptr);
  action.sa_handler = handler;
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
  asked_for_checkpoint = false;
  handle_with(on_signal, on_checkpoint_asked);
}

StopSignal::~StopSignal() {
  if (--living == 0) handle_with(SIG_DFL, SIG_DFL);
}

const std::atomic<int>& StopSignal::received() { return first_signal; }

std::atomic<bool>& StopSignal::checkpoint_asked() { return asked_for_checkpoint; }

std::string_view StopSignal::name_of(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

}  // namespace diecast
