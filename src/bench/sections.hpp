#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/bench/kernel_probe.hpp>
#include <diecast/bench/report.hpp>
#include <diecast/bench/suite.hpp>
#include <diecast/bench/training_step.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/bandwidth.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/model/model.hpp>

namespace diecast {

// A section adds its cases to the suite when it is made, as far as the filter selects them, and tells after the run
// what their samples mean.

/// The units' peaks on a pool's threads.
class PeakSection {
 public:
  PeakSection(Suite& suite, ThreadPool& pool, std::string_view target);
  MachinePeak report(const Suite& suite) const;

 private:
  struct Unit {
    PeakUnit unit;
    double flops;  // of a call
    Suite::Id id;
  };
  std::vector<Unit> units_;
};

/// The bandwidth of memory.
class TriadSection {
 public:
  TriadSection(Suite& suite, ThreadPool& pool, std::string_view target);
  Summary report(const Suite& suite) const;

 private:
  std::unique_ptr<Triad> triad_;
  Suite::Id id_;
};

/// The optimizer step of a model of its own.
class StepSection {
 public:
  StepSection(Suite& suite, const std::string& name, ThreadPool& pool, std::string_view target);
  StepTime report(const Suite& suite, double peak_gflops) const;
  Summary tok_per_s(const Suite& suite) const;
  const MemoryUse& memory() const { return memory_; }
  Model& model() const { return *model_; }

 private:
  std::size_t threads_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<TrainingStep> step_;
  MemoryUse memory_;
  Suite::Id id_;
};

/// Every kernel of the step, each on data of its own.
class KernelSection {
 public:
  KernelSection(Suite& suite, ThreadPool& pool, std::string_view target);
  std::vector<KernelTime> report(const Suite& suite, const MachinePeak& peak) const;

 private:
  struct Kernel {
    KernelProbe probe;
    Suite::Id id;
  };
  std::string target_;
  std::vector<Kernel> kernels_;
};

}  // namespace diecast
