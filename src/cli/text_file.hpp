#pragma once

#include <string>

namespace diecast {

/// The content of a file that a user named. Throws Error(Fault::usage) when it cannot be read.
std::string read_text_file(const std::string& path);

}  // namespace diecast
