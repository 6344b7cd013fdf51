#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diecast {

/// Something whose time is measured. A call must do the same work each time.
struct Case {
  std::string name;
  std::function<void()> run;
};

/// How often and how long.
struct SamplePlan {
  std::size_t rounds = 7;
  double sample_seconds = 0.03;  ///< as many calls a sample as fill this time, at least one
};

/// Seconds of a call, one number for each round.
using Samples = std::vector<double>;

/// Seconds on a clock that never goes back.
using Clock = std::function<double()>;
double steady_seconds();

/// Warms each case up and finds its number of calls a sample; then takes a sample of every case in turn, round after
/// round, so that a disturbance meets all of them alike. Samples are in the cases' order. Nothing when `stop` becomes
/// non-zero meanwhile.
std::optional<std::vector<Samples>> measure(std::span<const Case> cases, const SamplePlan& plan,
                                            const std::atomic<int>& stop, const Clock& clock = steady_seconds);

/// The middle of some numbers, and their ends.
struct Summary {
  double median = 0, min = 0, max = 0;
};

/// Of at least one number; the median of an even count is the mean of the middle two.
Summary summarise(std::vector<double> values);

/// `work` a call as a rate: the fastest sample is its max.
Summary rate_of(const Samples& samples, double work);

}  // namespace diecast
