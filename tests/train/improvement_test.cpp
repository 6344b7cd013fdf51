#include <diecast/train/improvement.hpp>

#include <initializer_list>

#include <doctest/doctest.h>

namespace diecast {
namespace {

ImprovementState after(const ImprovementRule& rule, std::initializer_list<double> losses) {
  ImprovementState state;
  std::uint64_t step = 0;
  for (const double loss : losses) rule.count(state, step += 10, loss);
  return state;
}

TEST_CASE("a run ends after so many evaluations in a row without improvement") {
  const ImprovementRule rule{.patience = 2};
  CHECK_FALSE(rule.ends(after(rule, {3, 2, 2})));
  CHECK(rule.ends(after(rule, {3, 2, 2, 2.5})));
  CHECK_FALSE(rule.ends(after(rule, {3, 2, 2, 1.9, 2})));
  CHECK_FALSE(ImprovementRule{}.ends(after({}, {1, 1, 1, 1, 1, 1})));
}

TEST_CASE("an improvement is one on the best loss by more than was asked for") {
  const ImprovementRule rule{.min_improvement = 0.5, .patience = 2};
  CHECK(after(rule, {3, 2.6}).stale == 1);
  CHECK(after(rule, {3, 2.6}).best == 3.0);
  CHECK(after(rule, {3, 2.6, 2.4}).stale == 0);  // many small ones together are one
  CHECK(after(rule, {3, 2.4, 2.4}).best == 2.4);
}

TEST_CASE("the rate falls after so many evaluations without improvement, and then after so many more") {
  const ImprovementRule rule{.fall_patience = 2};
  CHECK(after(rule, {3, 3}).falls == 0);
  CHECK(after(rule, {3, 3, 3}).falls == 1);
  CHECK(after(rule, {3, 3, 3, 3}).falls == 1);
  CHECK(after(rule, {3, 3, 3, 3, 3}).falls == 2);
  CHECK(after(rule, {3, 3, 3, 3, 2, 2}).falls == 1);
  CHECK(after(rule, {3, 3, 3, 3}).stale == 3);  // a fall is no improvement
}

TEST_CASE("in the warm-up nothing falls") {
  const ImprovementRule rule{.fall_patience = 1, .first_fall_step = 30};
  CHECK(after(rule, {3, 3}).falls == 0);
  CHECK(after(rule, {3, 3, 3}).falls == 1);
}

}  // namespace
}  // namespace diecast
