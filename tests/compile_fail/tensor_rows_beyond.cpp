// expect-error: Tensor::rows: more rows than the matrix has
#include <diecast/core/tensor.hpp>

using namespace diecast;

Tensor<float, Shape<3, 8>> too_many(Tensor<float, Shape<2, 8>> x) { return x.rows<3>(0); }
