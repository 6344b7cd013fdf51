#pragma once

#include <functional>

namespace diecast {

/// What a command does once its options are read. Returns the exit code; throws Error.
using Command = std::function<int()>;

/// The command that the arguments ask for; `--help` and `--version` print at once. Throws Error(Fault::usage).
Command read_command_line(int argc, char** argv);

}  // namespace diecast
