#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace diecast {

/// A file's content as memory that is only read; the system brings pages in as they are touched.
class MappedFile {
 public:
  /// Throws Error(Fault::usage) when the file cannot be read.
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  /// Gives back the memory of all pages that were touched; touching them again is all it takes to have them back.
  void release() const;

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace diecast
