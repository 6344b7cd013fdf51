#include <diecast/machine/checks.hpp>

#include <initializer_list>
#include <limits>
#include <string>

#include <doctest/doctest.h>

namespace diecast {
namespace {

using Status = Check::Status;

constexpr std::size_t kGiB = std::size_t{1} << 30;

bool is_ok(const Check& check) { return check.status == Status::ok && check.remedy.empty(); }

// With a remedy that names what to do.
bool warns(const Check& check, const std::string& remedy) {
  return check.status == Status::warn && check.remedy.find(remedy) != std::string::npos;
}
bool fails(const Check& check, const std::string& remedy) {
  return check.status == Status::fail && check.remedy.find(remedy) != std::string::npos;
}

Cpu cpu_with(std::initializer_list<const char*> flags) {
  Cpu cpu;
  cpu.threads = 4;
  cpu.cores = 2;
  cpu.flags.insert(flags.begin(), flags.end());
  return cpu;
}
Cpu zen4() { return cpu_with({"avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16"}); }
Cpu zen2() { return cpu_with({"avx2"}); }
Cpu sapphire_rapids() { return cpu_with({"avx2", "avx512f", "amx_tile", "amx_bf16"}); }

TargetFacts best(const char* target) { return {target, {target, "SSE2"}, false}; }
TargetFacts forced(const char* target) { return {target, {"AVX3_ZEN4", "AVX2", "SSE2"}, true}; }

TEST_CASE("a build for speed is ok; any other says which option to change") {
  CHECK(is_ok(build_check({"3", false, "none"})));
  CHECK(is_ok(build_check({"2", false, ""})));
  for (const char* level : {"0", "g", "1", "s"})
    CHECK(warns(build_check({level, true, "address"}), "-Doptimization=3"));
  CHECK(warns(build_check({"3", true, "address"}), "-Db_sanitize=none"));
  CHECK(warns(build_check({"3", true, "none"}), "-Db_ndebug=true"));
}

TEST_CASE("a build's line holds its facts") {
  const std::string detail = build_check({"3", true, "undefined"}).detail;
  CHECK(detail == "-O3, assertions on, sanitizer undefined");
}

TEST_CASE("a target below the machine's best is a warning, the best one is not, even if it is asked for") {
  CHECK(is_ok(target_check(best("AVX2"))));
  CHECK(is_ok(target_check(forced("AVX3_ZEN4"))));
  const Check lower = target_check(forced("AVX2"));
  CHECK(warns(lower, "unset DIECAST_TARGET"));
  CHECK(warns(lower, "AVX3_ZEN4 is the best here"));
  CHECK(lower.detail == "AVX2 (DIECAST_TARGET), of AVX3_ZEN4 AVX2 SSE2");
}

TEST_CASE("AVX-512 in use is ok; the remedy depends on what keeps it from being used") {
  CHECK(is_ok(avx512_check(best("AVX3"), zen4())));
  CHECK(is_ok(avx512_check(best("AVX3_ZEN4"), zen4())));
  CHECK(is_ok(avx512_check(best("AMX"), sapphire_rapids())));
  CHECK(warns(avx512_check(forced("AVX2"), zen4()), "unset DIECAST_TARGET"));
  CHECK(warns(avx512_check(best("AVX2"), zen4()), "-Dtargets=all"));
  CHECK(warns(avx512_check(best("AVX2"), zen2()), "train on one that has it"));
}

TEST_CASE("bf16 wants an instruction of its own, if the preset is bf16") {
  CHECK(is_ok(bf16_check(Element::bf16, "dot", best("AVX3_ZEN4"), zen4())));
  CHECK(is_ok(bf16_check(Element::bf16, "amx", best("AMX"), sapphire_rapids())));
  CHECK(is_ok(bf16_check(Element::bf16, "fma", best("AVX3_SPR"), sapphire_rapids())));
  CHECK(is_ok(bf16_check(Element::f32, "fma", best("AVX2"), zen2())));
  CHECK(warns(bf16_check(Element::bf16, "fma", forced("AVX2"), zen4()), "unset DIECAST_TARGET"));
  CHECK(warns(bf16_check(Element::bf16, "fma", best("AVX3"), zen4()), "-Dtargets=all"));
  CHECK(warns(bf16_check(Element::bf16, "fma", best("AVX2"), zen2()), "AVX512_BF16"));
}

TEST_CASE("AMX that the CPU has and nobody uses is a warning with the reason") {
  CHECK(is_ok(amx_check(zen4(), "no kernels", best("AVX3_ZEN4"))));
  CHECK(is_ok(amx_check(sapphire_rapids(), "", best("AMX"))));
  const Check refused = amx_check(sapphire_rapids(), "the system does not grant the tiles", best("AVX3_SPR"));
  CHECK(warns(refused, "kernel"));
  CHECK(warns(amx_check(sapphire_rapids(), "switched off", forced("AVX3_SPR")), "unset DIECAST_TARGET"));
  CHECK(refused.detail.find("the system does not grant the tiles") != std::string::npos);
}

TEST_CASE("memory: a plan that does not fit fails, one that leaves less than a fifth warns") {
  CHECK(is_ok(memory_check(8 * kGiB, 10 * kGiB)));
  CHECK(warns(memory_check(8 * kGiB + 1, 10 * kGiB), "free some"));
  CHECK(warns(memory_check(10 * kGiB, 10 * kGiB), "free some"));
  CHECK(fails(memory_check(10 * kGiB + 1, 10 * kGiB), "batch_size"));
  CHECK(memory_check(kGiB, 3 * kGiB).detail == "3.0 GiB available, the plan takes 1.0 GiB");
}

TEST_CASE("huge pages are used where the kernel gives them") {
  CHECK(is_ok(huge_pages_check("always")));
  CHECK(is_ok(huge_pages_check("madvise")));
  CHECK(warns(huge_pages_check("never"), "echo madvise"));
  CHECK(warns(huge_pages_check(""), "kernel"));
}

TEST_CASE("CPUs: those that are kept from the process, and threads that share a core, are warnings") {
  CHECK(is_ok(cpus_check(4, zen4())));
  CHECK(warns(cpus_check(3, zen4()), "taskset"));
  CHECK(is_ok(cores_check(2, zen4())));
  CHECK(warns(cores_check(4, zen4()), "run.threads=2"));
}

TEST_CASE("a load above a tenth of the CPUs is noise") {
  CHECK(is_ok(load_check(0.2, 2)));
  CHECK(warns(load_check(0.21, 2), "end other work"));
  CHECK(is_ok(load_check(0.21, 4)));
  CHECK(warns(load_check(std::nullopt, 2), "nothing else runs"));
}

TEST_CASE("only the governor `performance` keeps the frequency up") {
  CHECK(is_ok(governor_check("performance")));
  CHECK(is_ok(governor_check("")));
  CHECK(warns(governor_check("powersave"), "cpupower"));
}

TEST_CASE("disk: room for no checkpoint fails, for fewer than a run holds warns") {
  CHECK(is_ok(disk_check(3 * kGiB, kGiB, 3)));
  CHECK(warns(disk_check(3 * kGiB - 1, kGiB, 3), "keep_last"));
  CHECK(warns(disk_check(kGiB, kGiB, 3), "keep_last"));
  CHECK(fails(disk_check(kGiB - 1, kGiB, 3), "--out"));
}

TEST_CASE("kernels that disagree by more than the bound, or give no number, fail") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(is_ok(agreement_check("gradients", {1e-4, "head.weight"}, 1e-4)));
  CHECK(fails(agreement_check("gradients", {1.1e-4, "head.weight"}, 1e-4), "DIECAST_TARGET"));
  CHECK(fails(agreement_check("gradients", {nan, "head.weight"}, 1e-4), "DIECAST_TARGET"));
  CHECK(agreement_check("gradients", {2e-3, "head.weight"}, 1e-4).detail ==
        "gradients: 2.0e-03 apart at most (head.weight), 1e-04 allowed");
}

TEST_CASE("warnings pass, a failure does not") {
  const Check good{"a", Status::ok, "", ""}, doubtful{"b", Status::warn, "", ""}, bad{"c", Status::fail, "", ""};
  CHECK(all_pass({}));
  CHECK(all_pass({good, doubtful}));
  CHECK_FALSE(all_pass({good, bad, doubtful}));
}

TEST_CASE("a status has one name") {
  CHECK(status_name(Status::ok) == "ok");
  CHECK(status_name(Status::warn) == "warn");
  CHECK(status_name(Status::fail) == "fail");
}

}  // namespace
}  // namespace diecast
