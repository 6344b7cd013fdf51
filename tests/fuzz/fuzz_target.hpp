#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// Gives one input to the parser that a file NAME_fuzz.cpp is about. Whatever the bytes are, it returns 0:
/// what they are refused with is an Error(Fault::usage), and what they are read as has the parser's
/// properties (`require`).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace diecast::fuzz {

/// Inputs to begin with, each a good one.
std::vector<std::string> seeds();

/// A property that must hold; a fuzzer notices when it does not.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string bytes_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace diecast::fuzz
