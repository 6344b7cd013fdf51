#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace diecast {

/// The processor as the kernel describes it.
struct Cpu {
  std::string model = "unknown";  ///< "AMD EPYC"
  std::size_t threads = 0;        ///< logical CPUs that are online
  std::size_t cores = 0;          ///< physical cores; `threads` when the kernel names none
  std::set<std::string, std::less<>> flags;  ///< "avx512bw", "amx_tile", ...: those that the kernel lets through

  bool has(std::string_view flag) const { return flags.contains(flag); }
  /// What Highway's AVX3 targets ask for (hwy/targets.cc).
  bool has_avx512() const { return has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl"); }
  /// Tiles and their bf16 product.
  bool has_amx_bf16() const { return has("amx_tile") && has("amx_bf16"); }
};

/// Reads the text of /proc/cpuinfo on x86. Lines it does not know are passed over.
Cpu parse_cpuinfo(std::string_view text);

}  // namespace diecast
