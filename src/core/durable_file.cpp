#include "core/durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void file_failure(const std::string& what, const fs::path& path, int error = errno) {
  throw Error(Fault::run, "cannot " + what + ": " + std::generic_category().message(error), path.string());
}

}  // namespace

DurableFile::DurableFile(fs::path path)
    : path_(std::move(path)),
      descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) file_failure("create the file", path_);
}

DurableFile::~DurableFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void DurableFile::write(std::span<const std::byte> bytes) {
  hash_.add(bytes);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) file_failure("write the file", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void DurableFile::rewrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (written != static_cast<ssize_t>(bytes.size())) file_failure("write the file", path_, written < 0 ? errno : ENOSPC);
}

std::string DurableFile::close() {
  if (fsync(descriptor_) != 0) file_failure("write the file", path_);
  if (::close(std::exchange(descriptor_, -1)) != 0) file_failure("write the file", path_);
  return hash_.hex();
}

void sync_folder(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) file_failure("open the folder", folder);
  // EINVAL: a file system that cannot sync folders; there is nothing more to do on it.
  const int error = fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  if (error != 0) file_failure("write the folder", folder, error);
}

void replace_file(const fs::path& path, std::string_view text) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const fs::path temporary = folder / (".tmp-" + path.filename().string());
  try {
    DurableFile file(temporary);
    file.write(text);
    file.close();
    if (rename(temporary.c_str(), path.c_str()) != 0) file_failure("replace the file", path);
  } catch (const Error&) {
    unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder);
}

}  // namespace diecast
