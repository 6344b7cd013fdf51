#include <diecast/kernels/dispatch.hpp>

#include <cstdlib>

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <diecast/core/error.hpp>

namespace diecast {

std::vector<std::string> kernel_targets() {
  std::vector<std::string> names;
  // Better targets have lower bits.
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
    names.emplace_back(hwy::TargetName(rest & -rest));
  return names;
}

std::int64_t target_bit(std::string_view name) {
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
    if (name == hwy::TargetName(rest & -rest)) return rest & -rest;
  std::string known;
  for (const std::string& target : kernel_targets()) known += (known.empty() ? "" : ", ") + target;
  throw Error(Fault::usage, "no kernels for target '" + std::string(name) + "' on this machine", "DIECAST_TARGET",
              "use one of " + known);
}

std::string choose_target(std::string_view requested) {
  const char* environment = std::getenv("DIECAST_TARGET");
  if (requested.empty() && environment != nullptr) requested = environment;
  if (requested.empty()) return kernel_targets().front();
  return hwy::TargetName(target_bit(requested));
}

}  // namespace diecast
