#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/content_hash.hpp"

namespace diecast {

/// A new file whose content is on the disk once `close` has returned. Every failure is an Error(Fault::run)
/// with the system's reason and the path.
class DurableFile {
 public:
  explicit DurableFile(std::filesystem::path path);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  /// Replaces bytes that were written from `offset` on; the hash of `close` is of the old ones.
  void rewrite(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Syncs and closes; returns the XXH3-128 of what was written.
  std::string close();

 private:
  std::filesystem::path path_;
  int descriptor_;
  ContentHash hash_;
};

/// Puts the names in a folder on the disk: after a file in it was created or renamed.
void sync_folder(const std::filesystem::path& folder);

/// Replaces a file by `text`: whoever reads it, also after a crash, finds the old content or the new one.
void replace_file(const std::filesystem::path& path, std::string_view text);

}  // namespace diecast
