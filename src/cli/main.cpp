#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <diecast/config/nearest.hpp>
#include <diecast/core/error.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>

#include "cli/command.hpp"

namespace diecast {
namespace {

struct Entry {
  const char* name;
  const char* help;
  Command (*declare)(CLI::App& app);
};

constexpr Entry kCommands[]{
    {"train", "train the model", declare_train},
    {"eval", "measure a trained model: loss, perplexity, bits per byte", declare_eval},
    {"generate", "continue a text", declare_generate},
    {"plan", "parameters, FLOPs and memory, before any run", declare_plan},
};

std::string compiler() {
#ifdef __clang__
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string version() {
  return fmt::format("{} (Diecast {}), target {}, {}", active_preset().name, DIECAST_VERSION, choose_target(),
                     compiler());
}

std::string environment_help() {
  return fmt::format(
      "Environment:\n"
      "  DIECAST_TARGET   kernels to use, one of: {}\n"
      "  {}   bytes of memory to take as available, instead of what the system says",
      fmt::join(kernel_targets(), " "), kMemoryVariable);
}

std::string nearest_option(const CLI::App& command, const std::string& mistyped) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return nearest_name(mistyped, names);
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kCommands) names.push_back(entry.name);
  return names;
}

// A complaint of CLI11 as ours: one line that says what, where and what to do.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  const std::vector<std::string> unexpected = app.remaining(true);
  const CLI::App& command = chosen.empty() ? app : *chosen.front();
  const std::string where = chosen.empty() ? app.get_name() : app.get_name() + " " + command.get_name();
  if (!unexpected.empty() && unexpected.front().starts_with("-"))
    return Error(Fault::usage, "unknown option " + unexpected.front(), where,
                 "the nearest is " + nearest_option(command, unexpected.front()));
  if (chosen.empty())
    return Error(Fault::usage, "no command was given", where,
                 fmt::format("use one of {}", fmt::join(command_names(), ", ")));
  const std::string what = unexpected.empty() ? error.what() : "unexpected argument " + unexpected.front();
  return Error(Fault::usage, what, where, fmt::format("see {} --help", where));
}

void refuse_unknown_command(const std::string& word) {
  const std::vector<std::string> names = command_names();
  if (word.starts_with("-") || std::find(names.begin(), names.end(), word) != names.end()) return;
  throw Error(Fault::usage, "there is no command " + word, "command line",
              "the nearest is " + nearest_name(word, names));
}

int run(int argc, char** argv) {
  const std::string preset(active_preset().name);
  CLI::App app("Trains and runs one language model: the preset '" + preset + "'.", preset);
  app.set_version_flag("--version", version);
  app.footer(environment_help);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Command>> commands;
  for (const Entry& entry : kCommands) {
    CLI::App* sub = app.add_subcommand(entry.name, entry.help);
    commands.emplace_back(sub, entry.declare(*sub));
  }
  if (argc > 1) refuse_unknown_command(argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw usage_error(app, error);
  }
  choose_target();  // says at once what is wrong with DIECAST_TARGET
  for (const auto& [sub, command] : commands)
    if (sub->parsed()) return command();
  return 0;
}

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
    const int exit_code = diecast::run(argc, argv);
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
