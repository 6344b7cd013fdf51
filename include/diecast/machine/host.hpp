#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <diecast/machine/cpu.hpp>

namespace diecast {

/// What the kernel tells about this machine beside its memory. A file that is missing leaves its member empty.
struct Host {
  Cpu cpu;
  std::optional<double> load;  ///< runnable threads, mean of the last minute; from /proc/loadavg
  std::string huge_pages;      ///< transparent huge pages: "always", "madvise" or "never"
  std::string governor;        ///< of the CPUs' frequency: "performance", or the first other one
};

/// The chosen word of a file of the kernel's: "always [madvise] never" -> "madvise"; empty when none is.
std::string chosen_word(std::string_view text);

/// Reads /proc and /sys below `root`.
Host read_host(const std::filesystem::path& root = "/");

}  // namespace diecast
