#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/bench/measure.hpp>
#include <diecast/core/element.hpp>
#include <diecast/kernels/peak.hpp>

namespace diecast {

/// What an arithmetic unit does at most, on all threads.
struct UnitPeak {
  std::string_view unit;
  Element operands;
  Summary gflops;
};

/// This machine's limits.
struct MachinePeak {
  std::vector<UnitPeak> units;
  Peak used{};                  ///< medians of those that the target's kernels use
  Summary triad_gb_s;
};

/// A whole optimizer step on so many threads.
struct StepTime {
  std::size_t threads = 0;
  Summary tok_per_s;
  double step_ms = 0;
  double share_of_peak = 0;  ///< of as many threads
};

/// One kernel of the step.
struct KernelTime {
  std::string name;
  std::string shape;
  std::string target;
  Summary rate;
  std::string_view unit;  ///< of the rate: "GFLOP/s" of products, "GB/s" of kernels without
  double share = 0;       ///< of the roofline's limit; above 1 when the data came from a cache
  double times = 0;       ///< calls in a step
  double ms = 0;          ///< of all of them
};

/// The same work done in two ways; rates, so that more is better.
struct Ablation {
  std::string name;
  std::string_view unit;
  Summary slow, fast;

  double ratio() const { return fast.median / slow.median; }
};

/// A way from text towards tokens.
struct TextTime {
  std::string name;
  Summary mb_per_s;  ///< of text, in 10^6 bytes
};

struct MemoryUse {
  std::size_t plan_bytes = 0;
  std::size_t resident_bytes = 0;  ///< the process's peak after a step of training
};

/// What a run of the benchmark found; parts that the filter left out are empty.
struct BenchReport {
  MachinePeak peak;
  std::optional<StepTime> step;
  std::optional<StepTime> step_1_thread;
  std::optional<MemoryUse> memory;
  std::vector<KernelTime> kernels;
  std::vector<Ablation> ablations;  ///< the targets' among them: whole steps on each against the target in use
  std::vector<TextTime> tokenizer;  ///< only if a filter asked for it
  std::vector<std::string> notes;   ///< what was left out, and why
};

}  // namespace diecast
