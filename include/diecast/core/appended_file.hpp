#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace diecast {

/// A file that grows by whole pieces, each flushed, so that a process that is killed keeps all it wrote.
class AppendedFile {
 public:
  /// Goes on at its end. Throws Error(Fault::run).
  explicit AppendedFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// Throws Error(Fault::run) when the piece cannot be written. Nothing of it is left then, and the next one can be
  /// tried all the same.
  void append(std::string_view piece);
  /// Goes on in the file that has the name now.
  void reopen();

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace diecast
