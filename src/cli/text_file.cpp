#include "cli/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <diecast/core/error.hpp>

namespace diecast {

std::string read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path))
    throw Error(Fault::usage, std::string("cannot read: ") + std::strerror(file ? EISDIR : errno), path,
                "check the path");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace diecast
