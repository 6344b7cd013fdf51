// expect-error: flops: a layer that calls products must count their operations
#include <diecast/model/linear.hpp>

using namespace diecast;

struct Uncounted {
  static constexpr KernelShapes shapes = Linear<8, 32, 32, float, false>::shapes;
};
constexpr Flops broken = flops_of<Uncounted>();
