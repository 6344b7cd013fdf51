#include "cli/lr_curve.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <diecast/report/text_plot.hpp>

namespace diecast {
namespace {

constexpr std::size_t kLines = 8;

// Where no limit is in steps, what the schedule itself has to show; 0 if that is nothing.
std::uint64_t last_step_of(const TrainPlan& plan) {
  using Course = Schedule::Course;
  constexpr Course kEndless[] = {Course::constant, Course::step, Course::exponential, Course::plateau};
  constexpr std::uint64_t kFalls = 5;
  const Schedule& schedule = plan.schedule;
  if (plan.last_step != TrainPlan::kNever) return plan.last_step;
  if (schedule.decay_steps != TrainPlan::kNever) return schedule.decay_steps;
  if (std::ranges::find(kEndless, schedule.course) == std::end(kEndless)) return 0;
  return schedule.warmup_steps + std::max(schedule.warmup_steps, kFalls * schedule.every_steps);
}

}  // namespace

std::optional<LrCurve> lr_curve(const TrainPlan& plan, std::uint64_t points) {
  const std::uint64_t last = last_step_of(plan);
  if (last == 0) return {};
  LrCurve curve;
  const std::uint64_t count = std::min(points, last);
  for (std::uint64_t i = 0; i < count; ++i) {
    const double share = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    const auto step = static_cast<std::uint64_t>(share * static_cast<double>(last - 1) + 0.5);
    curve.points.push_back({step + 1, plan.schedule.at(step)});
  }
  return curve;
}

std::string plot(const LrCurve& curve) {
  std::vector<double> rates;
  for (const auto& point : curve.points) rates.push_back(point.lr);
  const std::vector<std::string> lines = plot_lines(rates, kLines);
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string label = i == 0 ? fmt::format("{:.3g}", std::ranges::max(rates)) : i + 1 == kLines ? "0" : "";
    text += fmt::format("{:>10} |{}\n", label, lines[i]);
  }
  const std::string last = fmt::format("{}", curve.points.back().step);
  text += fmt::format("{:>10} {:<{}}{}\n", "step", 1, std::max(rates.size() + 1, last.size() + 2) - last.size(), last);
  return text;
}

}  // namespace diecast
