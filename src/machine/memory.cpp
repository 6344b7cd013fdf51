#include <diecast/machine/memory.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::size_t override_of_environment() {
  const char* text = std::getenv(kMemoryVariable);
  if (text == nullptr) return kNoLimit;
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), bytes);
  if (error != std::errc{} || *end != '\0')
    throw Error(Fault::usage, fmt::format("{}={} is not a number of bytes", kMemoryVariable, text),
                "environment");
  return bytes;
}

// The first number in the file; kNoLimit when there is none ("max").
std::size_t number_in(const fs::path& path) {
  std::ifstream file(path);
  std::size_t bytes = 0;
  return file >> bytes ? bytes : kNoLimit;
}

// The number after `name` in a file of lines "name number".
std::size_t field_in(const fs::path& path, std::string_view name, std::size_t otherwise) {
  std::ifstream file(path);
  std::string word;
  std::size_t bytes = 0;
  while (file >> word)
    if (word == name && file >> bytes) return bytes;
  return otherwise;
}

std::size_t mem_available() {
  const std::size_t kib = field_in("/proc/meminfo", "MemAvailable:", kNoLimit / 1024);
  return kib * 1024;
}

// What is left of one group's limit; file pages that nobody writes to are given back under pressure.
std::size_t left_in_group(const fs::path& folder, const char* limit, const char* usage,
                          const char* inactive) {
  const std::size_t most = number_in(folder / limit);
  const std::size_t used = number_in(folder / usage);
  if (most == kNoLimit || used == kNoLimit) return kNoLimit;
  const std::size_t idle = std::min(used, field_in(folder / "memory.stat", inactive, 0));
  return most > used - idle ? most - (used - idle) : 0;
}

std::size_t left_in_groups() {
  const fs::path root = "/sys/fs/cgroup";
  std::size_t left =
      left_in_group(root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) continue;
    for (fs::path group = line.substr(4);; group = group.parent_path()) {
      left = std::min(left, left_in_group(root / group, "memory.max", "memory.current", "inactive_file"));
      if (group.empty()) break;
    }
  }
  return left;
}

}  // namespace

std::size_t available_memory() {
  const std::size_t forced = override_of_environment();
  return forced != kNoLimit ? forced : std::min(mem_available(), left_in_groups());
}

std::size_t peak_resident_bytes() {
  return 1024 * field_in("/proc/self/status", "VmHWM:", 0);
}

std::string readable_bytes(std::size_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  constexpr std::string_view kUnits = "KMGTPE";
  for (value /= 1024; value >= 1024; value /= 1024) ++unit;
  return fmt::format("{:.1f} {}iB", value, kUnits[unit]);
}

}  // namespace diecast
