#pragma once

#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/shapes.hpp>
#include <diecast/kernels/table.hpp>

#include "bench/operands.hpp"

namespace diecast {

// Arguments of one call with operands for everything that forward and backward read and write.

/// `head` of a head's product is left to the caller.
GemmArgs arguments_for(const GemmShape& shape, Operands& memory);
HeadArgs arguments_for(const HeadShape& shape, Operands& memory);
NormArgs arguments_for(const NormShape& shape, Operands& memory);
ActivationArgs arguments_for(const ActivationShape& shape, Operands& memory);
PackArgs arguments_for(const PackShape& shape, Operands& memory);
LossArgs arguments_for(const LossShape& shape, std::size_t rows, Operands& memory);
/// `scratch` is of the first thread; each has `scratch_floats`.
AttentionArgs arguments_for(const AttentionShape& shape, std::size_t threads, std::size_t scratch_floats,
                            Operands& memory);

}  // namespace diecast
