#pragma once

#include <cstddef>
#include <string>

namespace diecast {

/// The environment variable that overrides `available_memory`, in bytes.
inline constexpr const char* kMemoryVariable = "DIECAST_MEMORY";

/// Bytes this process can still use: the least of what the kernel calls available and what is left of the
/// limits of its control groups (v2, parents included; v1). Throws Error(Fault::usage) when
/// DIECAST_MEMORY is no number.
std::size_t available_memory();

/// The most bytes of memory this process ever had; 0 when the kernel does not say.
std::size_t peak_resident_bytes();

/// A number of bytes for people: "1.5 GiB".
std::string readable_bytes(std::size_t bytes);

}  // namespace diecast
