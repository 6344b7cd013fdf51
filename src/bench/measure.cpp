#include <diecast/bench/measure.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace diecast {
namespace {

double time_calls(const Case& measured, std::size_t calls, const Clock& clock) {
  const double start = clock();
  for (std::size_t i = 0; i < calls; ++i) measured.run();
  return clock() - start;
}

// Calls that fill a sample. The first call, which meets cold caches and untouched pages, counts only where it alone
// fills one.
std::size_t calibrate(const Case& measured, double sample_seconds, const Clock& clock) {
  if (time_calls(measured, 1, clock) >= sample_seconds) return 1;
  // Of a time this long the clock's own error is nothing.
  const double enough = sample_seconds / 8;
  for (std::size_t calls = 1;; calls *= 2) {
    const double seconds = time_calls(measured, calls, clock);
    if (seconds >= enough)
      return std::max<std::size_t>(
          1, static_cast<std::size_t>(std::llround(sample_seconds / seconds * static_cast<double>(calls))));
  }
}

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::optional<std::vector<Samples>> measure(std::span<const Case> cases, const SamplePlan& plan,
                                            const std::atomic<int>& stop, const Clock& clock) {
  std::vector<std::size_t> calls;
  for (const Case& measured : cases) {
    if (stop != 0) return std::nullopt;
    calls.push_back(calibrate(measured, plan.sample_seconds, clock));
  }
  std::vector<Samples> samples(cases.size());
  for (std::size_t round = 0; round < plan.rounds; ++round) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (stop != 0) return std::nullopt;
      samples[i].push_back(time_calls(cases[i], calls[i], clock) / static_cast<double>(calls[i]));
    }
  }
  return samples;
}

Summary summarise(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

Summary rate_of(const Samples& samples, double work) {
  Samples rates;
  for (double seconds : samples) rates.push_back(work / seconds);
  return summarise(std::move(rates));
}

}  // namespace diecast
