#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diecast {

/// Names of the targets this binary carries and this machine can run, best first ("AVX3_ZEN4", "AVX2", ...).
std::vector<std::string> kernel_targets();

/// The target to use: `requested`, else the environment's DIECAST_TARGET, else the best one. Throws
/// Error(Fault::usage) that lists the possible ones when the request cannot be met.
std::string choose_target(std::string_view requested = {});

/// Highway's bit for a target name of `kernel_targets()`.
std::int64_t target_bit(std::string_view name);

}  // namespace diecast
