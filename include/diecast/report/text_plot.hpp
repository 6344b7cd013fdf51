#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace diecast {

/// A curve over 0 in plain characters, from the highest of `rows` lines down: column i stands for values[i] >= 0, and
/// the largest value touches the top. Two heights a line: `'` is its upper half, `.` its lower.
std::vector<std::string> plot_lines(std::span<const double> values, std::size_t rows);

}  // namespace diecast
