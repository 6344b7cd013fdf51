#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"

namespace diecast {

/// A command as the parser is told of it: `declare` gives `app` its options and returns what runs the command with them.
struct CommandEntry {
  const char* name;
  const char* help;
  Command (*declare)(CLI::App& app);
};

/// What the chosen one of `entries` does; it may be called when `app` is gone.
Command declare_commands(CLI::App& app, std::span<const CommandEntry> entries);

/// Accepts a number within the bounds. CLI11's own check wraps negative numbers of unsigned options.
CLI::Validator number_between(double low, double high);
/// Accepts one of the words, and names the nearest otherwise.
CLI::Validator one_of_words(std::vector<std::string> words);

/// Options that several commands have.
void declare_json(CLI::App& app, bool& json);
void declare_threads(CLI::App& app, std::size_t& threads);
void declare_overrides(CLI::App& app, std::vector<std::string>& overrides);

// One function a command, by families.
Command declare_train(CLI::App& app);
Command declare_eval(CLI::App& app);
Command declare_generate(CLI::App& app);
Command declare_replay(CLI::App& app);
Command declare_report(CLI::App& app);
Command declare_verify(CLI::App& app);
Command declare_config(CLI::App& app);
Command declare_plan(CLI::App& app);
Command declare_doctor(CLI::App& app);
Command declare_profile(CLI::App& app);
Command declare_bench(CLI::App& app);
Command declare_data(CLI::App& app);
Command declare_tokenizer(CLI::App& app);

}  // namespace diecast
