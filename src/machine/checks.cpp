#include <diecast/machine/checks.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <diecast/machine/memory.hpp>

namespace diecast {
namespace {

using enum Check::Status;

// How to get kernels that this CPU could run.
std::string way_to(const TargetFacts& target) {
  return target.forced ? "unset DIECAST_TARGET" : "build with -Dtargets=all";
}

bool has_avx512_kernels(const TargetFacts& target) {
  // AMX comes with AVX-512 for all that is no matrix product.
  return target.chosen.starts_with("AVX3") || target.chosen.starts_with("AMX");
}

}  // namespace

std::string_view status_name(Check::Status status) {
  switch (status) {
    case ok: return "ok";
    case warn: return "warn";
    case fail: break;
  }
  return "fail";
}

bool all_pass(const std::vector<Check>& checks) {
  return std::none_of(checks.begin(), checks.end(), [](const Check& check) { return check.status == fail; });
}

Check build_check(const BuildFacts& build) {
  const bool optimised = build.optimization == "2" || build.optimization == "3";
  const bool sanitised = build.sanitizer != "none" && !build.sanitizer.empty();
  Check check{"build", ok,
              fmt::format("-O{}, assertions {}, {}", build.optimization, build.assertions ? "on" : "off",
                          sanitised ? "sanitizer " + build.sanitizer : "no sanitizer"),
              {}};
  if (!optimised)
    check.remedy = "build with -Doptimization=3";
  else if (sanitised)
    check.remedy = "build with -Db_sanitize=none";
  else if (build.assertions)
    check.remedy = "build with -Db_ndebug=true";
  if (!check.remedy.empty()) check.status = warn;
  return check;
}

Check target_check(const TargetFacts& target) {
  const std::string detail = fmt::format("{}{}, of {}", target.chosen, target.forced ? " (DIECAST_TARGET)" : "",
                                         fmt::join(target.available, " "));
  if (target.chosen == target.available.front()) return {"target", ok, detail, {}};
  return {"target", warn, detail,
          fmt::format("unset DIECAST_TARGET, {} is the best here", target.available.front())};
}

Check avx512_check(const TargetFacts& target, const Cpu& cpu) {
  if (has_avx512_kernels(target)) return {"avx-512", ok, "in use", {}};
  if (cpu.has_avx512()) return {"avx-512", warn, "this CPU has it, it is not used", way_to(target)};
  return {"avx-512", warn, "not on this CPU", "train on one that has it, if the speed does not suffice"};
}

Check bf16_check(Element precision, std::string_view unit, const TargetFacts& target, const Cpu& cpu) {
  if (precision != Element::bf16)
    return {"bf16", ok, fmt::format("the preset's precision is {}", element_name(precision)), {}};
  if (unit != "fma") return {"bf16", ok, fmt::format("products by the {} unit", unit), {}};
  // On the CPUs of this target the dot product is half as fast as FMA.
  if (target.chosen == "AVX3_SPR") return {"bf16", ok, "products by FMA, which is faster here than the dot product", {}};
  if (cpu.has("avx512_bf16"))
    return {"bf16", warn, "this CPU has a bf16 dot product, it is not used", way_to(target)};
  return {"bf16", warn, "no bf16 instructions on this CPU: products are computed in f32",
          "give the preset Element::f32, which is faster here, or train on a CPU with AVX512_BF16 or AMX"};
}

Check amx_check(const Cpu& cpu, std::string_view refusal, const TargetFacts& target) {
  if (!cpu.has_amx_bf16()) return {"amx", ok, "not on this CPU", {}};
  if (refusal.empty()) return {"amx", ok, "in use", {}};
  return {"amx", warn, fmt::format("this CPU has it, it is not used: {}", refusal),
          target.forced ? way_to(target)
                        : "use a kernel (Linux 5.16 or newer), a virtual machine and a binary that let it through"};
}

Check memory_check(std::size_t plan_bytes, std::size_t available_bytes) {
  const std::string detail = fmt::format("{} available, the plan takes {}", readable_bytes(available_bytes),
                                         readable_bytes(plan_bytes));
  if (plan_bytes > available_bytes)
    return {"memory", fail, detail, "free some, or build a preset with a smaller batch_size"};
  if (plan_bytes > available_bytes / 5 * 4)
    return {"memory", warn, detail, "free some: the corpus and the page cache need room, too"};
  return {"memory", ok, detail, {}};
}

Check huge_pages_check(std::string_view mode) {
  if (mode == "always" || mode == "madvise") return {"huge pages", ok, fmt::format("{}, used", mode), {}};
  if (mode.empty()) return {"huge pages", warn, "this kernel has none", "use a kernel with transparent huge pages"};
  return {"huge pages", warn, fmt::format("{}, not used", mode),
          "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"};
}

Check cpus_check(std::size_t usable, const Cpu& cpu) {
  if (usable >= cpu.threads) return {"cpus", ok, fmt::format("all {} usable", cpu.threads), {}};
  return {"cpus", warn, fmt::format("{} of {} usable", usable, cpu.threads),
          "lift the affinity (taskset) or the control group's CPU limit, if the machine is yours"};
}

Check cores_check(std::size_t threads, const Cpu& cpu) {
  const std::string detail = fmt::format("{} threads, {} cores", threads, cpu.cores);
  if (threads <= cpu.cores) return {"cores", ok, detail, {}};
  return {"cores", warn, detail, fmt::format("compare with --set run.threads={}", cpu.cores)};
}

Check load_check(std::optional<double> load, std::size_t cpus) {
  if (!load) return {"load", warn, "the kernel does not say", "make sure that nothing else runs"};
  const std::string detail = fmt::format("{:.2f} over the last minute, on {} CPUs", *load, cpus);
  constexpr double kNoise = 0.1;
  if (*load <= kNoise * static_cast<double>(cpus)) return {"load", ok, detail, {}};
  return {"load", warn, detail, "end other work before you measure, or wait a minute if it has ended"};
}

Check governor_check(std::string_view governor) {
  if (governor.empty()) return {"frequency", ok, "not ours to set (usual in a virtual machine)", {}};
  if (governor == "performance") return {"frequency", ok, "governor performance", {}};
  return {"frequency", warn, fmt::format("governor {}", governor), "as root: cpupower frequency-set -g performance"};
}

Check disk_check(std::size_t free_bytes, std::size_t checkpoint_bytes, std::size_t checkpoints) {
  const std::string detail =
      fmt::format("{} free here, a checkpoint takes {} and a run holds {} at a time", readable_bytes(free_bytes),
                  readable_bytes(checkpoint_bytes), checkpoints);
  if (free_bytes < checkpoint_bytes) return {"disk", fail, detail, "free some, or train with --out on another disk"};
  if (free_bytes / checkpoints < checkpoint_bytes)
    return {"disk", warn, detail, "free some, or lower checkpoint.keep_last"};
  return {"disk", ok, detail, {}};
}

Check agreement_check(std::string_view what, const Disagreement& worst, double bound) {
  const std::string detail =
      fmt::format("{}: {:.1e} apart at most ({}), {:.0e} allowed", what, worst.error, worst.where, bound);
  if (worst.error <= bound) return {"self-test", ok, detail, {}};  // not a number is no agreement
  return {"self-test", fail, detail, "set DIECAST_TARGET to another target and report this with the lines above"};
}

}  // namespace diecast
