#include <diecast/machine/host.hpp>

#include <doctest/doctest.h>

#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

using testing::TemporaryFolder;
using testing::write_file;

constexpr const char* kTwoCoresOfTwoThreads =
    "processor\t: 0\nmodel name\t: Some CPU @ 2.10GHz\nphysical id\t: 0\ncore id\t\t: 0\n"
    "flags\t\t: fpu avx512f avx512bw avx512dq avx512vl amx_bf16 amx_tile\n\n"
    "processor\t: 1\nphysical id\t: 0\ncore id\t\t: 1\nflags\t\t: fpu\n\n"
    "processor\t: 2\nphysical id\t: 0\ncore id\t\t: 0\n\n"
    "processor\t: 3\nphysical id\t: 0\ncore id\t\t: 1\n\n";

TEST_CASE("cpuinfo gives the model, the threads, the cores and the flags") {
  const Cpu cpu = parse_cpuinfo(kTwoCoresOfTwoThreads);
  CHECK(cpu.model == "Some CPU @ 2.10GHz");
  CHECK(cpu.threads == 4);
  CHECK(cpu.cores == 2);
  CHECK(cpu.has("fpu"));
  CHECK_FALSE(cpu.has("avx512"));
  CHECK(cpu.has_avx512());
  CHECK(cpu.has_amx_bf16());
}

TEST_CASE("core 1 of two packages is two cores") {
  const char* text = "processor: 0\nphysical id: 0\ncore id: 1\nprocessor: 1\nphysical id: 1\ncore id: 1\n";
  CHECK(parse_cpuinfo(text).cores == 2);
}

TEST_CASE("AVX-512 without its byte and word instructions is none; AMX without bf16 neither") {
  const Cpu cpu = parse_cpuinfo("processor: 0\nflags: avx512f avx512dq avx512vl amx_tile amx_int8\n");
  CHECK_FALSE(cpu.has_avx512());
  CHECK_FALSE(cpu.has_amx_bf16());
}

TEST_CASE("a cpuinfo without cores counts threads; an empty one has nothing") {
  CHECK(parse_cpuinfo("processor : 0\nprocessor : 1\n").cores == 2);
  const Cpu none = parse_cpuinfo("");
  CHECK(none.threads == 0);
  CHECK(none.model == "unknown");
  CHECK(none.flags.empty());
}

TEST_CASE("the chosen word is the one in brackets") {
  CHECK(chosen_word("always [madvise] never\n") == "madvise");
  CHECK(chosen_word("[always] madvise never\n") == "always");
  CHECK(chosen_word("always madvise never\n").empty());
  CHECK(chosen_word("always [madvise").empty());
  CHECK(chosen_word("] [").empty());
  CHECK(chosen_word("").empty());
}

TEST_CASE("a host is read from /proc and /sys") {
  const TemporaryFolder root;
  write_file(root / "proc/cpuinfo", kTwoCoresOfTwoThreads);
  write_file(root / "proc/loadavg", "0.47 0.51 0.84 2/100 4631\n");
  write_file(root / "sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
  write_file(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  write_file(root / "sys/devices/system/cpu/smt/active", "0\n");  // a folder without a governor
  const Host host = read_host(root.path());
  CHECK(host.cpu.threads == 4);
  CHECK(host.load == 0.47);
  CHECK(host.huge_pages == "never");
  CHECK(host.governor == "performance");
}

TEST_CASE("one CPU of another governor is told, whatever the order of the folders") {
  const TemporaryFolder root;
  for (const char* cpu : {"cpu0", "cpu1", "cpu2"})
    write_file(root / "sys/devices/system/cpu" / cpu / "cpufreq/scaling_governor", "performance\n");
  for (const char* cpu : {"cpu0", "cpu1", "cpu2"}) {
    const auto file = root / "sys/devices/system/cpu" / cpu / "cpufreq/scaling_governor";
    write_file(file, "powersave\n");
    CHECK(read_host(root.path()).governor == "powersave");
    write_file(file, "performance\n");
  }
}

TEST_CASE("a machine that says nothing is read all the same") {
  const TemporaryFolder root;
  const Host host = read_host(root.path());
  CHECK(host.cpu.threads == 0);
  CHECK_FALSE(host.load.has_value());
  CHECK(host.huge_pages.empty());
  CHECK(host.governor.empty());
}

}  // namespace
}  // namespace diecast
