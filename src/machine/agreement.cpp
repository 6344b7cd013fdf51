#include <diecast/machine/agreement.hpp>

#include <cmath>
#include <cstddef>

namespace diecast {

double relative_distance(std::span<const float> a, std::span<const float> b) {
  double distance = 0, length = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double difference = double{a[i]} - double{b[i]};
    distance += difference * difference;
    length += double{b[i]} * double{b[i]};
  }
  return distance == 0 ? 0 : std::sqrt(distance / length);
}

Disagreement worst_disagreement(const std::vector<NamedValues>& a, const std::vector<NamedValues>& b) {
  Disagreement worst{0, b.front().name};
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double error = relative_distance(a[i].values, b[i].values);
    if (error <= worst.error) continue;
    worst = {error, b[i].name};
    if (std::isnan(error)) break;
  }
  return worst;
}

}  // namespace diecast
