#include "cli/declare.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/config/nearest.hpp>

namespace diecast {

// What the chosen one of `entries` does; it may be called when `app` is gone.
Command declare_commands(CLI::App& app, std::span<const CommandEntry> entries) {
  app.require_subcommand(1);
  const auto chosen = std::make_shared<Command>();
  for (const CommandEntry& entry : entries) {
    CLI::App* sub = app.add_subcommand(entry.name, entry.help);
    sub->callback([chosen, command = entry.declare(*sub)] { *chosen = command; });
  }
  return [chosen] { return (*chosen)(); };
}

CLI::Validator number_between(double low, double high) {
  const auto check = [low, high](const std::string& text) {
    double value = 0;
    const bool good = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
    return good ? std::string() : fmt::format("{} is not a number from {} to {}", text, low, high);
  };
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

CLI::Validator one_of_words(std::vector<std::string> words) {
  const auto check = [words](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return fmt::format("{} is none of {}; the nearest is {}", text, fmt::join(words, ", "), nearest_name(text, words));
  };
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

void declare_json(CLI::App& app, bool& json) { app.add_flag("--json", json, "one JSON object instead of text"); }

void declare_threads(CLI::App& app, std::size_t& threads) {
  app.add_option("--threads", threads, "0: one per CPU")
      ->check(number_between(0, 4096))
      ->capture_default_str()
      ->type_name("N");
}

void declare_overrides(CLI::App& app, std::vector<std::string>& overrides) {
  app.add_option("--set", overrides, "change one key, as in --set optimizer.lr=1e-3; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

}  // namespace diecast
