#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <diecast/bench/measure.hpp>
#include <diecast/bench/name_filter.hpp>

namespace diecast {

/// The cases of one run of the benchmark, and after it their samples.
class Suite {
 public:
  /// A case's place in the suite.
  using Id = std::size_t;

  explicit Suite(const std::string& filter) : filter_(filter) {}

  bool selects(std::string_view name) const { return filter_.selects(name); }

  /// Adds a case, whatever the filter says.
  Id add(std::string name, std::function<void()> run) {
    cases_.push_back({std::move(name), std::move(run)});
    return cases_.size() - 1;
  }

  /// False when `stop` became non-zero before the end.
  bool run(const SamplePlan& plan, const std::atomic<int>& stop) {
    auto samples = measure(cases_, plan, stop);
    if (samples) samples_ = std::move(*samples);
    return samples.has_value();
  }

  /// After run().
  const Samples& samples(Id id) const { return samples_.at(id); }

 private:
  NameFilter filter_;
  std::vector<Case> cases_;
  std::vector<Samples> samples_;
};

}  // namespace diecast
