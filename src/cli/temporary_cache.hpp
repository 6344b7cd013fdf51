#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include <diecast/core/error.hpp>

namespace diecast {

/// A folder of its own under the system's temporary one, for tokens that nobody keeps; gone with this. What is mapped
/// from it stays readable.
class TemporaryCache {
 public:
  TemporaryCache() {
    std::string name = (std::filesystem::temp_directory_path() / "diecast-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw Error(Fault::run, "cannot create a temporary folder", name, "set TMPDIR to one that can be written");
    path_ = name;
  }
  ~TemporaryCache() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryCache(const TemporaryCache&) = delete;
  TemporaryCache& operator=(const TemporaryCache&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace diecast
