#include <fcntl.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include <diecast/core/error.hpp>
#include <diecast/report/write_stderr.hpp>

#include "cli/command_line.hpp"

namespace diecast {
namespace {

int say_error(const std::string& what, int exit_code) {
  std::string line = what;
  for (char& c : line)
    if (c == '\n') c = ' ';
  std::fflush(stdout);
  write_stderr("error: " + line + '\n');
  return exit_code;
}

// A file opened by the run must not get the number of a standard stream that was closed: what is printed would
// go into it. Opened the wrong way round, so that reading and writing still fail.
void occupy_standard_streams() {
  for (const int descriptor : {0, 1, 2})
    if (fcntl(descriptor, F_GETFD) < 0) (void)!open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
}

}  // namespace
}  // namespace diecast

// The only place that turns errors into exit codes.
int main(int argc, char** argv) {
  using diecast::say_error;
  diecast::occupy_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  std::signal(SIGPIPE, SIG_IGN);  // so is a pipe that nobody reads
  try {
    const int exit_code = diecast::read_command_line(argc, argv)();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return say_error("cannot write the output, stdout, check the free space", 1);
    return exit_code;
  } catch (const diecast::Error& error) {
    return say_error(error.what(), error.exit_code());
  } catch (const diecast::Stopped& stopped) {
    std::fflush(stdout);
    diecast::write_stderr(std::string(stopped.what()) + '\n');
    return stopped.exit_code();
  } catch (const std::bad_alloc&) {
    return say_error("out of memory, free some or choose a smaller preset or corpus", 1);
  } catch (const std::exception& error) {
    return say_error(error.what(), 1);
  }
}
