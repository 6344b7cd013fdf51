#pragma once

#include <cstdio>
#include <string_view>

namespace diecast {

/// Writes what a person reads along the way. A failure is ignored: a full disk or a terminal that is gone must
/// not end a run, and nobody is left to be told.
inline void write_unchecked(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

inline void write_stderr(std::string_view text) { write_unchecked(stderr, text); }

}  // namespace diecast
