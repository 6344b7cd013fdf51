// expect-error: Tensor::as: a view may be reshaped, not resized
#include <diecast/core/tensor.hpp>

using namespace diecast;

Tensor<float, Shape<7>> resize(Tensor<float, Shape<2, 3>> x) { return x.as<Shape<7>>(); }
