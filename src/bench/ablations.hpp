#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/bench/report.hpp>
#include <diecast/bench/suite.hpp>
#include <diecast/bench/training_step.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/ablation.hpp>
#include <diecast/kernels/kernel_list.hpp>

#include "bench/operands.hpp"
#include "bench/sections.hpp"

namespace diecast {

/// Pairs of ways to do the same, all in the same rounds. `ablation/NAME` names a pair.
class AblationSection {
 public:
  AblationSection(Suite& suite, ThreadPool& pool, std::string_view target);

  /// Pairs of whole steps on the model of `step`, which must outlive the section.
  void add_steps(const StepSection& step);
  std::vector<Ablation> report(const Suite& suite) const;

 private:
  using Run = std::function<void()>;
  struct Pair {
    std::string name;
    std::string_view unit;
    double work;  // of a call
    Suite::Id slow, fast;
  };

  void add(const std::string& name, std::string_view unit, double work, Run slow, Run fast);
  /// Adds what `build(operands)` returns, a pair of runs, if the filter selects it.
  template <class Build>
  void build_pair(const std::string& name, std::string_view unit, double work, const Build& build);
  template <class Kernel>
  Run over_tasks(std::size_t count, Kernel kernel);

  void add_gemms();
  void add_norm();
  void add_loss();
  void add_attention();

  Suite& suite_;
  ThreadPool& pool_;
  std::string target_;
  KernelList kernels_;
  std::vector<std::unique_ptr<Operands>> memory_;
  std::vector<std::unique_ptr<TrainingStep>> steps_;
  std::vector<Pair> pairs_;
};

/// Whether any pair of whole steps is selected.
bool selects_step_ablations(const Suite& suite);

}  // namespace diecast
