#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <diecast/train/train_plan.hpp>

namespace diecast {

/// The learning rate of a run's steps, at evenly spaced ones.
struct LrCurve {
  struct Point {
    std::uint64_t step;  ///< counted from 1, as in metrics.jsonl
    double lr;
  };
  std::vector<Point> points;  ///< the first step's and the last's are among them
};

/// The curve at `points` > 1 steps, or at each where there are fewer. Nothing if only the data or the clock say when
/// such a run ends.
std::optional<LrCurve> lr_curve(const TrainPlan& plan, std::uint64_t points);

/// The curve as lines for a terminal, with its axes.
std::string plot(const LrCurve& curve);

}  // namespace diecast
