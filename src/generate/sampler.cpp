#include <diecast/generate/sampler.hpp>

#include <algorithm>
#include <cmath>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

constexpr std::uint64_t kStream = 0x53414D504C45;  // "SAMPLE": apart from parameters and data order

template <class Candidates>
double total_weight(const Candidates& candidates) {
  double sum = 0;
  for (const auto& candidate : candidates) sum += candidate.weight;
  return sum;
}

}  // namespace

Token Sampler::choose(std::span<const float> logits, std::uint64_t index) {
  if (!std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); }))
    throw Error(Fault::run, "the model's logits are not finite", "", "take an earlier checkpoint");
  const auto best = std::max_element(logits.begin(), logits.end());
  if (sampling_.temperature <= 0) return static_cast<Token>(best - logits.begin());

  candidates_.clear();
  for (std::size_t token = 0; token < logits.size(); ++token)
    candidates_.push_back({static_cast<Token>(token), logits[token],
                           std::exp((logits[token] - *best) / sampling_.temperature)});
  keep_top_k();
  keep_top_p();

  double left = Random{sampling_.seed, kStream}.uniform(index) * total_weight(candidates_);
  for (const Candidate& candidate : candidates_) {
    left -= candidate.weight;
    if (left < 0) return candidate.token;
  }
  return candidates_.front().token;  // rounding left a crumb
}

// Leaves the k likeliest, best first; keep_top_p relies on the order.
void Sampler::keep_top_k() {
  const bool all = sampling_.top_k == 0 || sampling_.top_k >= candidates_.size();
  if (all && sampling_.top_p >= 1) return;
  const std::size_t kept = all ? candidates_.size() : sampling_.top_k;
  std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept),
                    candidates_.end(), [](const Candidate& a, const Candidate& b) {
                      return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
                    });
  candidates_.resize(kept);
}

void Sampler::keep_top_p() {
  if (sampling_.top_p >= 1) return;
  const double enough = sampling_.top_p * total_weight(candidates_);
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates_.size() && (kept == 0 || sum < enough)) sum += candidates_[kept++].weight;
  candidates_.resize(kept);
}

}  // namespace diecast
