#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include <diecast/checkpoint/checkpoint.hpp>

namespace diecast {

/// Which steps are spikes: those whose loss or gradient norm lies further above its running mean than `z_score`
/// running deviations. Both moments are exponential, with the weight of the last `window` values (2 / (window + 1), as
/// is usual), and those of all values as long as there are fewer; before that many, nothing is a spike. What is one is
/// not remembered.
struct SpikeRule {
  enum class Policy { off, skip, stop, rewind };

  /// A deviation below this share of the mean is taken as so much: values that hardly vary are no measure.
  static constexpr double kLeastDeviation = 1e-3;
  /// Rewinds in a row that do not get beyond the step that spiked.
  static constexpr std::uint64_t kMostRewinds = 3;

  Policy policy = Policy::off;
  double z_score = 6;
  std::uint64_t window = 100;

  struct Spike {
    std::string_view what;  ///< "loss" or "gradient norm"
    double value, mean, deviations;
  };

  /// The spike that a step with these values is, if any.
  std::optional<Spike> find(const SpikeState& state, double loss, double grad_norm) const {
    if (policy == Policy::off) return {};
    const auto spike = find_in("loss", state.loss, loss);
    return spike ? spike : find_in("gradient norm", state.grad_norm, grad_norm);
  }

  void remember(SpikeState& state, double loss, double grad_norm) const {
    if (policy == Policy::off) return;
    add(state.loss, loss);
    add(state.grad_norm, grad_norm);
  }

 private:
  std::optional<Spike> find_in(std::string_view what, const RunningMoments& moments, double value) const {
    if (moments.count < window) return {};
    const double deviation = std::max(std::sqrt(moments.variance), kLeastDeviation * std::abs(moments.mean));
    const double deviations = (value - moments.mean) / deviation;
    if (!(deviations > z_score)) return {};
    return Spike{what, value, moments.mean, deviations};
  }

  void add(RunningMoments& moments, double value) const {
    const double weight = std::max(2 / (static_cast<double>(window) + 1), 1 / static_cast<double>(++moments.count));
    const double off = value - moments.mean;
    moments.mean += weight * off;
    moments.variance = (1 - weight) * (moments.variance + weight * off * off);
  }
};

}  // namespace diecast
