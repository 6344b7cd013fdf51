#include "cli/completion.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/config/run_config.hpp>

#include "config/setting_table.hpp"

namespace diecast {
namespace {

// A command and all of its subcommands, each with its words: " data prepare" is the path of `quarter data prepare`.
struct CompletedCommand {
  std::string path;
  std::vector<const CLI::App*> subcommands;
  std::vector<const CLI::Option*> options;

  std::vector<std::string> words() const {
    std::vector<std::string> words;
    for (const CLI::App* command : subcommands) words.push_back(command->get_name());
    for (const CLI::Option* option : options)
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    return words;
  }
};

void collect_commands(const CLI::App& app, const std::string& path, std::vector<CompletedCommand>& out) {
  CompletedCommand command{path, app.get_subcommands([](const CLI::App*) { return true; }), app.get_options()};
  out.push_back(command);
  for (const CLI::App* sub : command.subcommands) collect_commands(*sub, path + " " + sub->get_name(), out);
}

std::vector<std::string> setting_words() {
  RunConfig config;
  std::vector<std::string> words;
  for (const NamedSetting& setting : setting_table(config)) words.push_back(setting.name() + "=");
  return words;
}

std::string bash_completion(const std::string& program, const std::vector<CompletedCommand>& commands) {
  std::string paths, words;
  for (const CompletedCommand& command : commands) {
    if (!command.path.empty()) paths += fmt::format("{}\"{}\"", paths.empty() ? "" : "|", command.path);
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", command.path, fmt::join(command.words(), " "));
  }
  // Where no word fits, `-o default` offers files.
  return fmt::format(R"(_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path="" words="" i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$path ${{COMP_WORDS[i]}}" in
    {1}) path="$path ${{COMP_WORDS[i]}}" ;;
    esac
  done
  if [[ $previous == --set ]]; then
    compopt -o nospace 2>/dev/null
    COMPREPLY=($(compgen -W "{3}" -- "$current"))
    return
  fi
  case "$path" in
{2}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _{0} {0}
)",
                     program, paths, words, fmt::join(setting_words(), " "));
}

std::string fish_quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("'\\", at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return "'" + text + "'";
}

std::string fish_completion(const std::string& program, const std::vector<CompletedCommand>& commands) {
  std::string text;
  for (const CompletedCommand& command : commands) {
    // As many words of the path as there are, and no subcommand yet.
    std::vector<std::string> names;
    for (const CLI::App* sub : command.subcommands) names.push_back(sub->get_name());
    std::string condition = "not __fish_seen_subcommand_from " + fmt::format("{}", fmt::join(names, " "));
    if (names.empty()) condition = "true";
    for (std::size_t at = 0; at < command.path.size();) {
      const std::size_t end = std::min(command.path.find(' ', at + 1), command.path.size());
      condition += "; and __fish_seen_subcommand_from" + command.path.substr(at, end - at);
      at = end;
    }
    const std::string begin = fmt::format("complete -c {} -n {}", program, fish_quoted(condition));
    for (const CLI::App* sub : command.subcommands)
      text += fmt::format("{} -f -a {} -d {}\n", begin, sub->get_name(), fish_quoted(sub->get_description()));
    for (const CLI::Option* option : command.options)
      for (const std::string& name : option->get_lnames())
        text += fmt::format("{} -l {} -d {}{}\n", begin, name, fish_quoted(option->get_description()),
                            name == "set" ? fmt::format(" -x -a {}", fish_quoted(fmt::format("{}", fmt::join(setting_words(), " "))))
                                          : std::string(option->get_items_expected_max() > 0 ? " -r" : ""));
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  std::vector<CompletedCommand> commands;
  collect_commands(app, "", commands);
  if (shell == "fish") return fish_completion(app.get_name(), commands);
  const std::string script = bash_completion(app.get_name(), commands);
  return shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" + script : script;
}

}  // namespace diecast
