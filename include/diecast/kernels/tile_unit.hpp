#pragma once

#include <cstdint>

namespace diecast {

/// What multiplies tiles of bf16 in the kernels of a target.
enum class TileUnit : std::uint8_t {
  none,   ///< the target works on vectors alone
  amx,    ///< Intel's Advanced Matrix Extensions
  plain,  ///< C++ that does the same, so that AMX kernels can be tested on every machine
};

}  // namespace diecast
