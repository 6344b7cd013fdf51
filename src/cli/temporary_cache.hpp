#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include <diecast/core/error.hpp>

namespace diecast {

/// A folder of its own under the system's temporary one, for tokens that nobody keeps; made when it is first asked for
/// and gone with this. What is mapped from it stays readable.
class TemporaryCache {
 public:
  TemporaryCache() = default;
  ~TemporaryCache() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryCache(const TemporaryCache&) = delete;
  TemporaryCache& operator=(const TemporaryCache&) = delete;

  /// Throws Error(Fault::run) when there can be none.
  const std::filesystem::path& path() {
    if (!path_.empty()) return path_;
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string name = (parent / "diecast-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr)
      throw Error(Fault::run, "cannot create a temporary folder", error ? "TMPDIR" : name,
                  "set TMPDIR to a folder that can be written");
    return path_ = name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace diecast
