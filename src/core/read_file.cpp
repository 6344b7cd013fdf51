#include "core/read_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

#include <diecast/core/error.hpp>

namespace diecast {

void read_pieces(const std::filesystem::path& path, const std::function<void(std::string_view)>& take) {
  std::vector<char> piece(std::size_t{1} << 20);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    take({piece.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof() || file.bad())
    throw Error(Fault::run, "cannot read the file: " + std::generic_category().message(errno), path.string());
}

std::string read_text(const std::filesystem::path& path) {
  std::string text;
  read_pieces(path, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace diecast
