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

  /// Fills the front of `into` and returns how much of it; 0 only at the end. Throws Error(Fault::usage)
  /// where the input is damaged or cut short, with the file and the place in it.
  virtual std::size_t read(std::span<char> into) = 0;

  /// How far this is in the file as it lies on the disk, in bytes.
  virtual std::uint64_t consumed() const = 0;
};

/// The bytes of a file as they lie on the disk. Throws Error(Fault::usage) when it cannot be opened, and from
/// `read` when it has changed meanwhile.
std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path);

/// `front`, which was read from `rest` before, and then what is left of it.
std::unique_ptr<ByteSource> put_back(std::string front, std::unique_ptr<ByteSource> rest);

/// Reads until `front` has `size` bytes or the source ends.
void fill_front(ByteSource& source, std::string& front, std::size_t size);

/// The content of `raw`, which `name` names in errors, decompressed as by `open_bytes`.
std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> raw, std::string name,
                                         std::size_t threads);

/// The content of a file. What begins as gzip, bzip2 or zstd does is decompressed, all members, streams or
/// frames of it; with `threads` > 1 on threads of its own, bzip2 on as many. What follows the last of them is
/// an error, unless it is gzip's padding with zeros. Memory: of zstd the window that the file was made with,
/// 8 MiB as a rule, 2 GiB at most (`--long=31`); of bzip2 some 8 MiB a thread. Throws as `open_file`.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path, std::size_t threads);

}  // namespace diecast
