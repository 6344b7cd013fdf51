#pragma once

#include <algorithm>

namespace diecast {

/// What a piece of work asks of the machine.
struct Work {
  double products = 0;    ///< FLOPs of matrix products, a multiply-add being two
  double operations = 0;  ///< other arithmetic on single elements: as many as a multiply-add takes the time of
  double bytes = 0;       ///< read and written, each once

  Work operator*(double times) const { return {times * products, times * operations, times * bytes}; }
};

/// What a machine gives a second.
struct Limits {
  double products;
  double operations;
  double bytes;
};

/// The least seconds: either the arithmetic units or the memory are busy all the time (Williams, Waterman, Patterson
/// 2009, doi:10.1145/1498765.1498785).
inline double roofline_seconds(const Work& work, const Limits& limits) {
  return std::max(work.products / limits.products + work.operations / limits.operations, work.bytes / limits.bytes);
}

}  // namespace diecast
