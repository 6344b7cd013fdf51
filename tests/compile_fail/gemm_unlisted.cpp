// expect-error: KernelPlan: this shape is in no layer's shapes list
#include <diecast/kernels/context.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

using namespace diecast;

void multiply(const Context<ActivePreset>& ctx, Tensor<const float, Shape<7, 64>> x,
              Tensor<float, Shape<64, 96>> b, Tensor<float, Shape<7, 96>> y) {
  gemm_nn(ctx, x, b, y, None{}, None{});
}
