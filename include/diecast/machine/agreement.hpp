#pragma once

#include <span>
#include <string>
#include <vector>

namespace diecast {

/// Values that two kernels computed, by name: a gradient, a row of logits.
struct NamedValues {
  std::string name;
  std::vector<float> values;
};

/// How far two evaluations of one function are apart.
struct Disagreement {
  double error;       ///< |a - b| / |b|, Euclidean; not a number when one of the values is none
  std::string where;  ///< the values of that error
};

/// |a - b| / |b|, Euclidean; 0 when both are zero.
double relative_distance(std::span<const float> a, std::span<const float> b);

/// The largest distance of one name's values. Both hold the same names in the same order, at least one.
Disagreement worst_disagreement(const std::vector<NamedValues>& a, const std::vector<NamedValues>& b);

}  // namespace diecast
