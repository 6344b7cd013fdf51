#pragma once

#include <string>

#include <diecast/machine/checks.hpp>

namespace diecast {

/// "g++ 12.2.0"
std::string compiler_name();

/// How the kernels of this binary were compiled.
BuildFacts build_facts();

}  // namespace diecast
