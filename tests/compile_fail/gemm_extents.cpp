// expect-error: no matching function for call to 'gemm_nn
#include <diecast/kernels/context.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

using namespace diecast;

void multiply(const Context<ActivePreset>& ctx, Tensor<const float, Shape<8, 64>> x,
              Tensor<float, Shape<32, 96>> b, Tensor<float, Shape<8, 96>> y) {
  gemm_nn(ctx, x, b, y, None{}, None{});
}
