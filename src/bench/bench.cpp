#include <diecast/bench/bench.hpp>

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <diecast/bench/suite.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>

#include "bench/ablations.hpp"
#include "bench/sections.hpp"
#include "bench/tokenizer_section.hpp"

namespace diecast {
namespace {

// Steps on other targets or fewer threads, each with a model of its own.
class OtherSteps {
 public:
  // Of one step that nobody asked for by name.
  static constexpr double kMostSeconds = 20;

  OtherSteps(Suite& suite, bool by_name, std::vector<std::string>& notes)
      : suite_(suite), by_name_(by_name), notes_(notes) {}

  /// The step, if the filter selects it, its model fits into memory and it does not take too long.
  std::optional<StepSection> make(const std::string& name, ThreadPool& pool, std::string_view target) {
    if (!suite_.selects(name)) return std::nullopt;
    const ModelPlan plan = model_plan(pool.threads());
    const double flops = plan.flops_per_token * static_cast<double>(active_preset().rows());
    const double seconds = 1e-9 * flops / measure_peak(pool, target).gflops(active_preset().precision);
    if (plan.total_bytes >= available_memory()) {
      leave_out(name, fmt::format("one more model of {} does not fit into memory", readable_bytes(plan.total_bytes)));
    } else if (!by_name_ && seconds > kMostSeconds) {
      leave_out(name, fmt::format("a step takes over {:.0f} s; --filter {} measures it", seconds, name));
    } else {
      return StepSection(suite_, name, pool, target);
    }
    return std::nullopt;
  }

 private:
  void leave_out(const std::string& name, const std::string& why) {
    notes_.push_back(fmt::format("{} was left out: {}", name, why));
  }

  Suite& suite_;
  bool by_name_;
  std::vector<std::string>& notes_;
};

std::string target_name(const std::string& target) { return "target/" + target; }

std::vector<std::string> selected_targets(const Suite& suite, const std::string& used) {
  std::vector<std::string> targets;
  for (const std::string& target : kernel_targets())
    if (target != used && suite.selects(target_name(target))) targets.push_back(target);
  return targets;
}

}  // namespace

std::optional<BenchReport> run_bench(ThreadPool& pool, const BenchSettings& settings, const std::atomic<int>& stop) {
  const std::string target = choose_target();
  const Element precision = active_preset().precision;
  BenchReport report;
  Suite suite(settings.filter);
  const PeakSection peak(suite, pool, target);
  const std::vector<std::string> targets = selected_targets(suite, target);

  // The first to use memory: its peak is then the training's.
  std::optional<StepSection> step;
  if (suite.selects("step") || !targets.empty() || selects_step_ablations(suite))
    step.emplace(suite, "step", pool, target);

  OtherSteps others(suite, !settings.filter.empty(), report.notes);
  ThreadPool one_thread(1);
  std::optional<PeakSection> peak_1_thread;
  std::optional<StepSection> step_1_thread;
  if (pool.threads() > 1) step_1_thread = others.make("step/threads=1", one_thread, target);
  if (step_1_thread) peak_1_thread.emplace(suite, one_thread, target);

  std::vector<std::pair<std::string, StepSection>> on_targets;
  for (const std::string& name : targets)
    if (auto other = others.make(target_name(name), pool, name)) on_targets.emplace_back(name, std::move(*other));

  const TriadSection triad(suite, pool, target);
  const KernelSection kernels(suite, pool, target);
  AblationSection ablations(suite, pool, target);
  if (step) ablations.add_steps(*step);

  // Counting as it should not be done takes longer than all the rest together.
  std::optional<TokenizerBench> tokenizer;
  if (!settings.filter.empty()) tokenizer.emplace(suite, pool);

  if (!suite.run(settings.samples, stop)) return std::nullopt;

  report.peak = peak.report(suite);
  report.peak.triad_gb_s = triad.report(suite);
  if (step) {
    report.step = step->report(suite, report.peak.used.gflops(precision));
    report.memory = step->memory();
  }
  if (step_1_thread)
    report.step_1_thread = step_1_thread->report(suite, peak_1_thread->report(suite).used.gflops(precision));
  report.kernels = kernels.report(suite, report.peak);
  report.ablations = ablations.report(suite);
  if (tokenizer) report.tokenizer = tokenizer->report(suite);
  for (const auto& [name, other] : on_targets)
    report.ablations.push_back({target_name(name), "tok/s", other.tok_per_s(suite), report.step->tok_per_s});
  return report;
}

}  // namespace diecast
