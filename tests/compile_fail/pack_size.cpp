// expect-error: pack_panels: packed and source must have one size
#include <diecast/kernels/context.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

using namespace diecast;

void pack(const Context<ActivePreset>& ctx, Tensor<const float, Shape<64, 64>> weight,
          Tensor<float, Shape<64, 32>> packed) {
  pack_panels<PackOp::weight>(ctx, weight, packed);
}
