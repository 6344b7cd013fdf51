#include "cli/command_line.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/config/nearest.hpp>
#include <diecast/core/error.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>

#include "cli/build_info.hpp"
#include "cli/completion.hpp"
#include "cli/declare.hpp"

namespace diecast {
namespace {

Command declare_completion(CLI::App& app);

constexpr CommandEntry kCommands[]{
    {"train", "train the model", declare_train},
    {"eval", "measure a trained model: loss, perplexity, bits per byte", declare_eval},
    {"generate", "continue a text", declare_generate},
    {"data", "prepare, look at and trace what is trained on", declare_data},
    {"config", "check, show and translate configurations", declare_config},
    {"tokenizer", "learn, use and import vocabularies", declare_tokenizer},
    {"replay", "run the step again at which a run's values were not finite", declare_replay},
    {"plan", "parameters, FLOPs and memory, before any run", declare_plan},
    {"doctor", "what keeps this machine or binary from training well, and the remedy", declare_doctor},
    {"report", "one page of a run's or several runs' loss, speed, samples and settings", declare_report},
    {"profile", "where the time of training steps goes, by layer and kernel", declare_profile},
    {"verify", "whether a run's checkpoints are whole, and whether its steps can be repeated", declare_verify},
    {"bench", "measure this machine, the training step and every kernel", declare_bench},
    {"completion", "a script that lets the shell complete commands, options and keys", declare_completion},
};

std::string version() {
  return fmt::format("{} (Diecast {}), target {}, {}", active_preset().name, DIECAST_VERSION, choose_target(),
                     compiler_name());
}

std::string environment_help() {
  return fmt::format(
      "Environment:\n"
      "  DIECAST_TARGET   kernels to use, one of: {}\n"
      "  {}   bytes of memory to take as available, instead of what the system says",
      fmt::join(kernel_targets(), " "), kMemoryVariable);
}

std::unique_ptr<CLI::App> make_app() {
  const std::string preset(active_preset().name);
  auto app = std::make_unique<CLI::App>("Trains and runs one language model: the preset '" + preset + "'.", preset);
  app->set_version_flag("--version", version);
  app->footer(environment_help);
  return app;
}

Command declare_completion(CLI::App& app) {
  const auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(one_of_words({"bash", "zsh", "fish"}));
  const std::string preset(active_preset().name);
  app.footer("In bash:  source <(" + preset + " completion bash), in zsh with zsh\nIn fish:  " + preset +
             " completion fish | source");
  return [shell] {
    const auto completed = make_app();
    declare_commands(*completed, kCommands);
    fmt::print("{}", completion_script(*completed, *shell));
    return 0;
  };
}

std::string nearest_option(const CLI::App& command, const std::string& mistyped) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return nearest_name(mistyped, names);
}

std::vector<std::string> names_of_subcommands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

// A complaint of CLI11 as ours: one line that says what, where and what to do.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string where = app.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    where += " " + command->get_name();
  }
  const std::vector<std::string> unexpected = app.remaining(true);
  if (!unexpected.empty() && unexpected.front().starts_with("-"))
    return Error(Fault::usage, "unknown option " + unexpected.front(), where,
                 "the nearest is " + nearest_option(*command, unexpected.front()));
  if (const std::vector<std::string> names = names_of_subcommands(*command); !names.empty()) {
    const std::string what =
        unexpected.empty() ? "no command was given" : "there is no command " + unexpected.front();
    return Error(Fault::usage, what, where, fmt::format("use one of {}", fmt::join(names, ", ")));
  }
  const std::string what = unexpected.empty() ? error.what() : "unexpected argument " + unexpected.front();
  return Error(Fault::usage, what, where, fmt::format("see {} --help", where));
}

// CLI11 would take an unknown command for an argument.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* level = &app;
  std::string where = "command line";
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::vector<std::string> names = names_of_subcommands(*level);
    if (names.empty()) return;
    if (std::find(names.begin(), names.end(), argv[i]) == names.end())
      throw Error(Fault::usage, std::string("there is no command ") + argv[i], where,
                  "the nearest is " + nearest_name(argv[i], names));
    level = level->get_subcommand(argv[i]);
    where = app.get_name() + " " + level->get_name();
  }
}

}  // namespace

Command read_command_line(int argc, char** argv) {
  const auto made = make_app();
  CLI::App& app = *made;
  const Command command = declare_commands(app, kCommands);
  refuse_unknown_command(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      return [] { return 0; };
    }
    throw usage_error(app, error);
  }
  choose_target();  // says at once what is wrong with DIECAST_TARGET
  return command;
}

}  // namespace diecast
