#include "bench/sections.hpp"

#include <fmt/format.h>

#include <diecast/bench/estimate.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/machine/memory.hpp>

namespace diecast {

PeakSection::PeakSection(Suite& suite, ThreadPool& pool, std::string_view target) {
  for (const PeakUnit& unit : peak_units(target)) {
    const std::string name = fmt::format("peak/{}/threads={}", unit.name, pool.threads());
    units_.push_back({unit, unit.work(pool), suite.add(name, [&pool, unit] { run_peak(pool, unit); })});
  }
}

MachinePeak PeakSection::report(const Suite& suite) const {
  MachinePeak peak;
  for (const auto& [unit, work, id] : units_) {
    const Summary gflops = rate_of(suite.samples(id), 1e-9 * work);
    peak.units.push_back({unit.name, unit.operands, gflops});
    if (unit.multiplies_f32) peak.used.f32_gflops = gflops.median;
    if (unit.multiplies_bf16) {
      peak.used.bf16_gflops = gflops.median;
      peak.used.bf16_unit = unit.name;
    }
  }
  return peak;
}

TriadSection::TriadSection(Suite& suite, ThreadPool& pool, std::string_view target)
    : triad_(std::make_unique<Triad>(pool, span_ops(target))),
      id_(suite.add("peak/triad", [triad = triad_.get()] { triad->run(); })) {}

Summary TriadSection::report(const Suite& suite) const { return rate_of(suite.samples(id_), 1e-9 * triad_->bytes()); }

StepSection::StepSection(Suite& suite, const std::string& name, ThreadPool& pool, std::string_view target)
    : threads_(pool.threads()),
      model_(make_model(pool, target)),
      step_(std::make_unique<TrainingStep>(*model_, pool)),
      id_(suite.add(name, [step = step_.get()] { step->run(); })) {
  model_->initialise(1);
  // Touches all the memory that training ever does.
  step_->run();
  memory_ = {model_->plan().total_bytes, peak_resident_bytes()};
}

Summary StepSection::tok_per_s(const Suite& suite) const {
  return rate_of(suite.samples(id_), static_cast<double>(model_->preset().rows()));
}

StepTime StepSection::report(const Suite& suite, double peak_gflops) const {
  const Summary rate = tok_per_s(suite);
  return {.threads = threads_,
          .tok_per_s = rate,
          .step_ms = 1e3 * summarise(suite.samples(id_)).median,
          .share_of_peak = 1e-9 * rate.median * model_->plan().flops_per_token / peak_gflops};
}

KernelSection::KernelSection(Suite& suite, ThreadPool& pool, std::string_view target) : target_(target) {
  for (KernelProbe& probe : kernel_probes(pool, target)) {
    const std::string name = fmt::format("kernel/{} {}", probe.name, probe.shape);
    if (!suite.selects(name)) continue;
    const Suite::Id id = suite.add(name, probe.prepare());
    kernels_.push_back({std::move(probe), id});
  }
}

std::vector<KernelTime> KernelSection::report(const Suite& suite, const MachinePeak& peak) const {
  std::vector<KernelTime> times;
  for (const auto& [probe, id] : kernels_) {
    const Limits limits = limits_of(peak.used, peak.triad_gb_s.median, probe.operands);
    const Samples& samples = suite.samples(id);
    const bool multiplies = probe.work.products > 0;
    const double seconds = summarise(samples).median;
    times.push_back({.name = probe.name,
                     .shape = probe.shape,
                     .target = target_,
                     .rate = rate_of(samples, 1e-9 * (multiplies ? probe.work.products : probe.work.bytes)),
                     .unit = multiplies ? "GFLOP/s" : "GB/s",
                     .share = roofline_seconds(probe.work, limits) / seconds,
                     .times = probe.times,
                     .ms = 1e3 * probe.times * seconds});
  }
  return times;
}

}  // namespace diecast
