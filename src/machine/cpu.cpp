#include <diecast/machine/cpu.hpp>

#include <sstream>
#include <utility>

namespace diecast {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::set<std::string, std::less<>> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::set<std::string, std::less<>> words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

}  // namespace

Cpu parse_cpuinfo(std::string_view text) {
  Cpu cpu;
  std::set<std::pair<std::string, std::string>> cores;  // (package, core in it)
  std::string package;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = trimmed(std::string_view(line).substr(0, colon));
    const std::string_view value = trimmed(std::string_view(line).substr(colon + 1));
    if (key == "processor") ++cpu.threads;
    if (key == "model name") cpu.model = value;
    if (key == "physical id") package = value;
    if (key == "core id") cores.emplace(package, value);
    if (key == "flags" && cpu.flags.empty()) cpu.flags = words_of(value);
  }
  cpu.cores = cores.empty() ? cpu.threads : cores.size();
  return cpu;
}

}  // namespace diecast
