#include "cli/bench_output.hpp"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>

#include "core/json_text.hpp"

namespace diecast {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Summary& summary) {
  return {{"median", summary.median}, {"min", summary.min}, {"max", summary.max}};
}

Json to_json(const BenchHeader& header) {
  return {{"cpu", header.cpu},           {"cores", header.cores},       {"threads", header.threads},
          {"target", header.target},     {"compiler", header.compiler}, {"huge_pages", header.huge_pages}};
}

Json to_json(const MachinePeak& peak) {
  Json units = Json::array();
  for (const UnitPeak& unit : peak.units)
    units.push_back(
        {{"unit", unit.unit}, {"operands", element_name(unit.operands)}, {"gflops", to_json(unit.gflops)}});
  return {{"f32_gflops", peak.used.f32_gflops},
          {"bf16_gflops", peak.used.bf16_gflops},
          {"bf16_unit", peak.used.bf16_unit},
          {"triad_gb_s", peak.triad_gb_s.median},
          {"triad", to_json(peak.triad_gb_s)},
          {"units", units}};
}

Json to_json(const StepTime& step) {
  return {{"preset", active_preset().name},
          {"precision", element_name(active_preset().precision)},
          {"threads", step.threads},
          {"tok_per_s", to_json(step.tok_per_s)},
          {"share_of_peak", step.share_of_peak},
          {"step_ms", step.step_ms},
          {"flops_per_token", model_plan(step.threads).flops_per_token}};
}

Json to_json(const MemoryUse& memory) {
  return {{"plan_bytes", memory.plan_bytes}, {"resident_bytes", memory.resident_bytes}};
}

Json to_json(const KernelTime& kernel) {
  return {{"name", kernel.name},       {"shape", kernel.shape},       {"target", kernel.target},
          {"median", kernel.rate.median}, {"min", kernel.rate.min},   {"max", kernel.rate.max},
          {"unit", kernel.unit},       {"share", kernel.share},       {"calls", kernel.times},
          {"ms_per_step", kernel.ms}};
}

Json to_json(const Ablation& ablation) {
  return {{"name", ablation.name},
          {"unit", ablation.unit},
          {"slow", ablation.slow.median},
          {"fast", ablation.fast.median},
          {"ratio", ablation.ratio()},
          {"slow_range", {ablation.slow.min, ablation.slow.max}},
          {"fast_range", {ablation.fast.min, ablation.fast.max}}};
}

Json to_json(const TextTime& time) {
  return {{"name", time.name},
          {"median", time.mb_per_s.median},
          {"min", time.mb_per_s.min},
          {"max", time.mb_per_s.max},
          {"unit", "MB/s"}};
}

template <class T>
Json list_json(const std::vector<T>& list) {
  Json array = Json::array();
  for (const T& element : list) array.push_back(to_json(element));
  return array;
}

template <class T>
Json optional_json(const std::optional<T>& part) {
  return part ? to_json(*part) : Json();
}

// How many times as fast all threads are as one.
Json speed_up(const BenchReport& report) {
  if (!report.step || !report.step_1_thread) return {};
  return report.step->tok_per_s.median / report.step_1_thread->tok_per_s.median;
}

// ---- for people: a name, then columns of numbers

void print_heading(std::string_view title, std::string_view unit, std::string_view rest = "") {
  fmt::print("\n{:<40}{:>12}{:>10}{:>10}{}\n", title, unit, "min", "max", rest);
}

void print_line(std::string_view name, const Summary& values, int digits, std::string_view rest = "") {
  fmt::print("  {:<38}{:>12.{}f}{:>10.{}f}{:>10.{}f}{}\n", name, values.median, digits, values.min, digits,
             values.max, digits, rest);
}

void print_peak(const MachinePeak& peak) {
  print_heading("peak", "GFLOP/s");
  for (const UnitPeak& unit : peak.units)
    print_line(fmt::format("{} {}", element_name(unit.operands), unit.unit), unit.gflops, 1);
  print_heading("memory", "GB/s");
  print_line("triad", peak.triad_gb_s, 1);
}

void print_step(const StepTime& step) {
  print_line(fmt::format("{} thread{}", step.threads, step.threads == 1 ? "" : "s"), step.tok_per_s, 0,
             fmt::format("{:>10.1f}{:>9.1f}%", step.step_ms, 100 * step.share_of_peak));
}

void print_steps(const BenchReport& report) {
  if (!report.step && !report.step_1_thread) return;
  print_heading("optimizer step", "tok/s", fmt::format("{:>10}{:>10}", "ms", "of peak"));
  if (report.step) print_step(*report.step);
  if (report.step_1_thread) print_step(*report.step_1_thread);
  if (const Json ratio = speed_up(report); !ratio.is_null())
    fmt::print("  {:<38}{:>12.2f}\n", "all threads against one", ratio.get<double>());
  if (report.memory)
    fmt::print("  {:<38}{:>12}{:>10.1f}% of the plan's {}\n", "resident memory",
               readable_bytes(report.memory->resident_bytes),
               100.0 * static_cast<double>(report.memory->resident_bytes) /
                   static_cast<double>(report.memory->plan_bytes),
               readable_bytes(report.memory->plan_bytes));
}

void print_kernels(const std::vector<KernelTime>& kernels) {
  if (kernels.empty()) return;
  double ms = 0;
  fmt::print("\n{:<58}{:>9}{:>8}{:>8}{:>10}{:>10}{:>8}{:>9}\n", "kernel", "", "min", "max", "", "of limit", "calls",
             "ms");
  for (const KernelTime& k : kernels) {
    fmt::print("  {:<22} {:<33}{:>9.1f}{:>8.1f}{:>8.1f} {:<9}{:>9.1f}%{:>8.0f}{:>9.2f}\n", k.name, k.shape,
               k.rate.median, k.rate.min, k.rate.max, k.unit, 100 * k.share, k.times, k.ms);
    ms += k.ms;
  }
  fmt::print("  {:<111}{:>9.2f}\n", "all calls of a step, one after another", ms);
}

void print_ablations(const std::vector<Ablation>& ablations) {
  if (ablations.empty()) return;
  fmt::print("\n{:<30}{:>9}{:>9}{:>9}{:>12}{:>9}{:>9}{:>18}\n", "ablation", "without", "min", "max", "with", "min",
             "max", "ratio");
  for (const Ablation& a : ablations) {
    const int digits = a.slow.median < 1000 ? 1 : 0;
    fmt::print("  {:<28}{:>9.{}f}{:>9.{}f}{:>9.{}f}{:>12.{}f}{:>9.{}f}{:>9.{}f} {:<9}{:>8.2f}\n", a.name,
               a.slow.median, digits, a.slow.min, digits, a.slow.max, digits, a.fast.median, digits, a.fast.min,
               digits, a.fast.max, digits, a.unit, a.ratio());
  }
}

void print_tokenizer(const std::vector<TextTime>& times) {
  if (times.empty()) return;
  print_heading("tokenizer", "MB/s");
  for (const TextTime& time : times) print_line(time.name, time.mb_per_s, 1);
}

}  // namespace

void print_bench_json(const BenchHeader& header, const BenchReport& report) {
  Json one_thread = optional_json(report.step_1_thread);
  if (!one_thread.is_null()) one_thread["speed_up"] = speed_up(report);
  const Json object{{"machine", to_json(header)},
                    {"peak", to_json(report.peak)},
                    {"step", optional_json(report.step)},
                    {"step_1_thread", one_thread},
                    {"memory", optional_json(report.memory)},
                    {"kernels", list_json(report.kernels)},
                    {"ablations", list_json(report.ablations)},
                    {"tokenizer", list_json(report.tokenizer)}};
  fmt::print("{}\n", json_text(object));
}

void print_bench_text(const BenchHeader& header, const BenchReport& report) {
  const Preset& p = active_preset();
  fmt::print("{}, {} cores, {} threads, target {}, {}{}{}\n", header.cpu, header.cores, header.threads, header.target,
             header.compiler, header.huge_pages.empty() ? "" : ", huge pages ", header.huge_pages);
  fmt::print("preset {}, {}, batches of {} x {} tokens\n", p.name, element_name(p.precision), p.batch_size,
             p.seq_len);
  print_peak(report.peak);
  print_steps(report);
  print_kernels(report.kernels);
  print_ablations(report.ablations);
  print_tokenizer(report.tokenizer);
}

}  // namespace diecast
