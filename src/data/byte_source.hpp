#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace diecast {

/// Bytes in order, each read once; memory does not grow with their number. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills the front of `into` and returns how much of it; 0 only at the end. Throws Error(Fault::usage) where the
  /// input is damaged or cut short, with the file and the place in it.
  virtual std::size_t read(std::span<char> into) = 0;

  /// How far this is in the file as it lies on the disk, in bytes.
  virtual std::uint64_t consumed() const = 0;
};

/// The content of a file. What begins as gzip, bzip2 or zstd does is decompressed, all members, streams or frames of
/// it; bzip2 on up to `threads` threads of its own. Throws Error(Fault::usage) when the file cannot be opened.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path, std::size_t threads);

}  // namespace diecast
