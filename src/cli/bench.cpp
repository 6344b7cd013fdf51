#include <diecast/bench/bench.hpp>

#include <csignal>

#include <diecast/bench/name_filter.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/machine/host.hpp>
#include <diecast/report/write_stderr.hpp>
#include <diecast/train/stop_signal.hpp>

#include "cli/bench_output.hpp"
#include "cli/build_info.hpp"
#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"

namespace diecast {
namespace {

// Enough to see that everything works, too little to trust a figure.
constexpr SamplePlan kQuick{.rounds = 3, .sample_seconds = 0.002};

BenchHeader header_of(const Host& host, const ThreadPool& pool) {
  return {.cpu = host.cpu.model,
          .cores = host.cpu.cores,
          .threads = pool.threads(),
          .target = choose_target(),
          .compiler = compiler_name(),
          .huge_pages = host.huge_pages};
}

}  // namespace

int bench(const BenchOptions& options) {
  BenchSettings settings{.filter = options.filter, .samples = options.quick ? kQuick : SamplePlan{}};
  if (options.rounds != 0) settings.samples.rounds = options.rounds;
  const NameFilter checked(options.filter);  // a mistake is said before anything starts
  check_memory(options.threads);
  const StopSignal signals;
  ThreadPool pool(options.threads);
  const auto report = run_bench(pool, settings, StopSignal::received());
  if (!report) return 128 + StopSignal::received();
  for (const std::string& note : report->notes) write_stderr("note: " + note + '\n');
  (options.json ? print_bench_json : print_bench_text)(header_of(read_host(), pool), *report);
  return 0;
}

}  // namespace diecast
