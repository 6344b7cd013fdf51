#pragma once

#include <functional>
#include <string_view>

#include <CLI/CLI.hpp>

namespace diecast {

/// The default configuration of the preset, presets/NAME.toml, as it was when the binary was built.
extern const std::string_view embedded_preset_toml;

/// What a command does once its options are read. Returns the exit code; throws Error.
using Command = std::function<int()>;

/// Accepts a number within the bounds. CLI11's own check wraps negative numbers of unsigned options.
CLI::Validator number_between(double low, double high);

/// Each declares the options of one command on its own subcommand.
Command declare_train(CLI::App& app);
Command declare_eval(CLI::App& app);
Command declare_generate(CLI::App& app);
Command declare_plan(CLI::App& app);

}  // namespace diecast
