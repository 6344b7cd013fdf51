#include <diecast/kernels/dispatch.hpp>

#include <cstdlib>
#include <utility>

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <diecast/core/error.hpp>

#include "kernels/amx_support.hpp"
#include "kernels/plain_tiles.hpp"

namespace diecast {
namespace {

// Names of Highway's targets, of those `among`; better ones have lower bits.
std::vector<std::string> vector_targets(std::int64_t among = HWY_TARGETS) {
  std::vector<std::string> names;
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS & among; rest != 0; rest &= rest - 1)
    names.emplace_back(hwy::TargetName(rest & -rest));
  return names;
}

bool amx_usable() { return amx_obstacle(amx_facts()).empty(); }

// The Highway target whose vector kernels a target has; empty for a name that is none.
std::string vector_target(std::string_view name) {
  if (name == kPlainTilesTarget) return vector_targets(kPlainTilesVectors).front();
  if (name == kAmxTarget && amx_usable()) return hwy::TargetName(HWY_AVX3_SPR);
  for (std::string& target : vector_targets())
    if (name == target) return std::move(target);
  return {};
}

[[noreturn]] void refuse_target(std::string_view name) {
  std::string known;
  for (const std::string& target : kernel_targets()) known += (known.empty() ? "" : ", ") + target;
  throw Error(Fault::usage, "no kernels for target '" + std::string(name) + "' on this machine", "DIECAST_TARGET",
              "use one of " + known);
}

}  // namespace

std::vector<std::string> kernel_targets() {
  std::vector<std::string> names = vector_targets();
  if (amx_usable()) names.insert(names.begin(), std::string(kAmxTarget));
  return names;
}

std::int64_t target_bit(std::string_view name) {
  const std::string wanted = vector_target(name);
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
    if (wanted == hwy::TargetName(rest & -rest)) return rest & -rest;
  refuse_target(name);
}

std::string without_tiles(std::string_view target) { return hwy::TargetName(target_bit(target)); }

TileUnit tile_unit(std::string_view target) {
  if (target == kAmxTarget) return TileUnit::amx;
  return target == kPlainTilesTarget ? TileUnit::plain : TileUnit::none;
}

std::string choose_target(std::string_view requested) {
  const char* environment = std::getenv("DIECAST_TARGET");
  if (requested.empty() && environment != nullptr) {
    requested = environment;
    // Tiles in plain C++ are for tests, which ask for them by name.
    if (requested == kPlainTilesTarget) refuse_target(requested);
  }
  if (requested.empty()) return kernel_targets().front();
  target_bit(requested);  // throws where it is none
  return std::string(requested);
}

std::string amx_status() {
  if (std::string obstacle = amx_obstacle(amx_facts()); !obstacle.empty()) return obstacle;
  const std::string target = choose_target();
  return target == kAmxTarget ? std::string(kAmxInUse) : "switched off by DIECAST_TARGET=" + target;
}

}  // namespace diecast
