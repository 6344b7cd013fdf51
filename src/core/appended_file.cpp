#include <diecast/core/appended_file.hpp>

#include <system_error>

#include <diecast/core/error.hpp>

namespace diecast {

AppendedFile::AppendedFile(std::filesystem::path path) : path_(std::move(path)) {
  reopen();
  if (!file_.is_open())
    throw Error(Fault::run, "cannot write", path_.string(), "check its permissions and the free space");
}

void AppendedFile::reopen() {
  file_.close();
  file_.clear();
  file_.open(path_, std::ios::binary | std::ios::app);
}

void AppendedFile::append(std::string_view piece) {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) reopen();  // somebody has deleted it
  const auto size = std::filesystem::file_size(path_, ignored);
  file_ << piece << std::flush;
  if (file_) return;
  // Without the part that was written, so that the next piece starts on its own.
  file_.close();
  if (!ignored) std::filesystem::resize_file(path_, size, ignored);
  reopen();
  throw Error(Fault::run, "cannot write", path_.string(), "check the free space");
}

}  // namespace diecast
