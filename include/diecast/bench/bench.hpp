#pragma once

#include <atomic>
#include <optional>
#include <string>

#include <diecast/bench/measure.hpp>
#include <diecast/bench/report.hpp>
#include <diecast/core/thread_pool.hpp>

namespace diecast {

struct BenchSettings {
  std::string filter;  ///< see NameFilter
  SamplePlan samples;
};

/// Measures what the filter selects, all of it interleaved, with the kernels that DIECAST_TARGET says. The machine's
/// peak is always among it: everything else is a share of that. The way from text to tokens is measured only with a
/// filter. Nothing when `stop` becomes non-zero meanwhile.
std::optional<BenchReport> run_bench(ThreadPool& pool, const BenchSettings& settings, const std::atomic<int>& stop);

}  // namespace diecast
