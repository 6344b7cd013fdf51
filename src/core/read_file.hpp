#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace diecast {

/// Hands a file to `take`, piece by piece. Throws Error(Fault::run) when it cannot be read to its end.
void read_pieces(const std::filesystem::path& path, const std::function<void(std::string_view)>& take);

/// A whole file, as `read_pieces`.
std::string read_text(const std::filesystem::path& path);

}  // namespace diecast
