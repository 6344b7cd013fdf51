#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include <fmt/format.h>

#include <diecast/core/error.hpp>

#include "cli/command_line.hpp"

namespace diecast {
namespace {

int report(const std::string& what, int exit_code) {
  std::string line = what;
  for (char& c : line)
    if (c == '\n') c = ' ';
  std::fflush(stdout);
  fmt::print(stderr, "error: {}\n", line);
  return exit_code;
}

}  // namespace
}  // namespace diecast

// The only place that turns errors into exit codes.
int main(int argc, char** argv) {
  using diecast::report;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  try {
    const int exit_code = diecast::read_command_line(argc, argv)();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return report("cannot write the output, stdout, check the free space", 1);
    return exit_code;
  } catch (const diecast::Error& error) {
    return report(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return report("out of memory, free some or choose a smaller preset or corpus", 1);
  } catch (const std::exception& error) {
    return report(error.what(), 1);
  }
}
