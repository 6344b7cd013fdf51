#include <diecast/machine/agreement.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

namespace diecast {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

double distance(const std::vector<float>& a, const std::vector<float>& b) { return relative_distance(a, b); }

TEST_CASE("the distance is relative to the second vector's length") {
  CHECK(distance({3, 4}, {3, 4}) == 0);
  CHECK(distance({3, 5}, {3, 4}) == doctest::Approx(0.2));
  CHECK(distance({30, 50}, {30, 40}) == doctest::Approx(0.2));
}

TEST_CASE("zeros agree with zeros and with nothing else") {
  CHECK(distance({0, 0}, {0, 0}) == 0);
  CHECK(std::isinf(distance({1e-3f, 0}, {0, 0})));
}

TEST_CASE("what is not a number has no distance, on either side") {
  CHECK(std::isnan(distance({1, kNan}, {1, 1})));
  CHECK(std::isnan(distance({1, 1}, {1, kNan})));
}

TEST_CASE("the worst disagreement is the largest, by name") {
  const std::vector<NamedValues> expected{{"a", {1, 1}}, {"b", {1}}, {"c", {1}}};
  const auto with_b = [](float b) { return std::vector<NamedValues>{{"a", {1, 1}}, {"b", {b}}, {"c", {1.125f}}}; };
  CHECK(worst_disagreement(with_b(1.5f), expected).where == "b");
  CHECK(worst_disagreement(with_b(1.5f), expected).error == doctest::Approx(0.5));
  CHECK(worst_disagreement(with_b(1), expected).where == "c");
  CHECK(worst_disagreement(expected, expected).error == 0);
}

TEST_CASE("one value that is not a number outweighs every distance") {
  const std::vector<NamedValues> expected{{"a", {1}}, {"b", {1}}, {"c", {1}}};
  const Disagreement worst = worst_disagreement({{"a", {9}}, {"b", {kNan}}, {"c", {99}}}, expected);
  CHECK(std::isnan(worst.error));
  CHECK(worst.where == "b");
}

}  // namespace
}  // namespace diecast
