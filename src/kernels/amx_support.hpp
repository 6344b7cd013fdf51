#pragma once

#include <cstdint>
#include <string>

namespace diecast {

/// What decides whether this process may use AMX tiles of bf16.
struct AmxFacts {
  bool cpu = false;       ///< CPUID leaf 7: AMX-TILE and AMX-BF16
  bool system = false;    ///< XCR0: the system saves the tiles' state when it switches threads
  int refusal = 0;        ///< errno of Linux's answer when asked for the permission to use them; 0: granted
  bool compiled = false;  ///< this binary has the kernels, which are AVX3_SPR's
};

/// Why AMX cannot be used; empty when it can.
std::string amx_obstacle(const AmxFacts& facts);

/// The facts of this machine and process. The first call asks Linux for the permission, which holds for all threads.
const AmxFacts& amx_facts();

}  // namespace diecast
