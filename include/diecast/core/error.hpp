#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace diecast {

/// Which exit code an error ends the program with.
enum class Fault {
  run = 1,       ///< it failed while running
  usage = 2,     ///< usage or configuration; nothing was started
  diverged = 3,  ///< loss, gradient or parameters are no longer finite, or jumped and the run was told to stop then
};

/// An error that a user can cause or must know of: one line, "what, where, what to do".
/// Only `cli/main.cpp` catches it, and `Stopped`, and turns it into an exit code.
class Error : public std::runtime_error {
 public:
  /// `where` is a path, `file:line:column` or a key; `remedy` an imperative clause. Either may be empty.
  Error(Fault fault, const std::string& what, const std::string& where = {},
        const std::string& remedy = {})
      : std::runtime_error(join(what, where, remedy)), fault_(fault) {}

  Fault fault() const noexcept { return fault_; }
  int exit_code() const noexcept { return static_cast<int>(fault_); }

 private:
  static std::string join(std::string line, const std::string& where, const std::string& remedy) {
    if (!where.empty()) line += ", " + where;
    if (!remedy.empty()) line += ", " + remedy;
    return line;
  }

  Fault fault_;
};

/// A person ended the program by a signal before it was done. `what()` is the line that says so.
class Stopped : public std::runtime_error {
 public:
  Stopped(int signal, const std::string& what) : std::runtime_error(what), signal_(signal) {}

  int exit_code() const noexcept { return 128 + signal_; }

 private:
  int signal_;
};

}  // namespace diecast
