#include "kernels/amx_support.hpp"

#include <cerrno>
#include <system_error>

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hwy/highway.h>
#include <hwy/targets.h>

namespace diecast {
namespace {

// CPUID leaf 7, EDX.
constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
// CPUID leaf 1, ECX: the system uses XSAVE, and XGETBV reads what of.
constexpr unsigned kOsXsave = 1u << 27;
// XCR0: the tiles' configuration and their data.
constexpr std::uint64_t kTileState = 3u << 17;
// arch_prctl's request for a dynamically enabled state component (Linux, arch/x86/include/uapi/asm/prctl.h).
constexpr long kRequestPermission = 0x1023, kTileData = 18;

bool cpu_has_amx() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAmxBf16) != 0 && (d & kAmxTile) != 0;
}

bool system_saves_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsXsave) == 0) return false;
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & kTileState) == kTileState;
}

AmxFacts find_facts() {
  AmxFacts facts;
  facts.compiled = (hwy::SupportedTargets() & HWY_TARGETS & HWY_AVX3_SPR) != 0;
  facts.cpu = cpu_has_amx();
  facts.system = facts.cpu && system_saves_tiles();
  if (facts.system && syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) facts.refusal = errno;
  return facts;
}

}  // namespace

std::string amx_obstacle(const AmxFacts& facts) {
  if (!facts.cpu) return "this CPU has none";
  if (!facts.system) return "the system does not save its state: a kernel before 5.16, or a virtual machine without";
  if (facts.refusal != 0) return "the kernel refused it: " + std::generic_category().message(facts.refusal);
  if (!facts.compiled) return "this binary has no AVX3_SPR kernels: it was built with -Dtargets=native elsewhere";
  return {};
}

const AmxFacts& amx_facts() {
  static const AmxFacts facts = find_facts();
  return facts;
}

}  // namespace diecast
