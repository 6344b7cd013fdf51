#include <diecast/report/text_plot.hpp>

#include <algorithm>
#include <cmath>

namespace diecast {

std::vector<std::string> plot_lines(std::span<const double> values, std::size_t rows) {
  std::vector<std::string> lines(rows, std::string(values.size(), ' '));
  if (values.empty() || rows == 0) return lines;
  const double most = std::ranges::max(values);
  const double heights = 2.0 * static_cast<double>(rows) - 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = most > 0 ? values[i] / most : 0;
    const auto height = static_cast<std::size_t>(std::lround(share * heights));
    lines[rows - 1 - height / 2][i] = height % 2 == 1 ? '\'' : '.';
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

}  // namespace diecast
