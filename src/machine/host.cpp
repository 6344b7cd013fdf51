#include <diecast/machine/host.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace diecast {
namespace {

namespace fs = std::filesystem;

// Empty when there is no such file. Files of /proc say that they hold 0 bytes, so they are read to their end.
std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<double> first_number(const std::string& text) {
  std::istringstream stream(text);
  double value = 0;
  if (!(stream >> value)) return std::nullopt;
  return value;
}

std::string first_word(const std::string& text) {
  std::istringstream stream(text);
  std::string word;
  stream >> word;
  return word;
}

// One CPU that idles down slows a step as much as all of them.
std::string governor_of(const fs::path& cpus) {
  std::string governor;
  std::error_code no_such_folder;
  for (const fs::directory_entry& entry : fs::directory_iterator(cpus, no_such_folder)) {
    const std::string found = first_word(text_of(entry.path() / "cpufreq/scaling_governor"));
    if (!found.empty()) governor = found;
    if (!found.empty() && found != "performance") break;
  }
  return governor;
}

}  // namespace

std::string chosen_word(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', std::min(open, text.size()));
  if (close == std::string_view::npos) return {};
  return std::string(text.substr(open + 1, close - open - 1));
}

Host read_host(const fs::path& root) {
  return {.cpu = parse_cpuinfo(text_of(root / "proc/cpuinfo")),
          .load = first_number(text_of(root / "proc/loadavg")),
          .huge_pages = chosen_word(text_of(root / "sys/kernel/mm/transparent_hugepage/enabled")),
          .governor = governor_of(root / "sys/devices/system/cpu")};
}

}  // namespace diecast
