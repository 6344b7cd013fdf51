#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/kernels/tile_unit.hpp>

namespace diecast {

/// AVX3_SPR's kernels, with those that multiply bf16 replaced by ones that use AMX. Highway knows nothing of it.
inline constexpr std::string_view kAmxTarget = "AMX";
/// The same logic on any machine: AVX3's kernels, or SSE2's where there is no AVX3, and the AMX ones on
/// TileUnit::plain. Only for tests; libraries of kernels have it where DIECAST_PLAIN_TILES is defined.
inline constexpr std::string_view kPlainTilesTarget = "AMX_PLAIN";

/// Names of the targets this binary carries and this machine can run, best first ("AMX", "AVX3_SPR", "AVX2", ...).
std::vector<std::string> kernel_targets();

/// The target to use: `requested`, else the environment's DIECAST_TARGET, else the best one. Throws
/// Error(Fault::usage) that lists the possible ones when the request cannot be met.
std::string choose_target(std::string_view requested = {});

/// Highway's bit for the vector kernels of a target: one of `kernel_targets()` or kPlainTilesTarget.
std::int64_t target_bit(std::string_view name);

/// The Highway target of those vector kernels.
std::string without_tiles(std::string_view target);

/// What its bf16 products work with.
TileUnit tile_unit(std::string_view target);

/// kAmxInUse, or why AMX is not: "this CPU has none", "the kernel refused it: ...", "switched off by
/// DIECAST_TARGET=AVX3_SPR", ...
std::string amx_status();
inline constexpr std::string_view kAmxInUse = "in use";

}  // namespace diecast
