#include "data/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <diecast/core/error.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "data/decompress.hpp"

namespace diecast {
namespace {

class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(const std::filesystem::path& path)
      : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0 || fstat(descriptor_, &opened_) != 0) {
      const int reason = errno;
      if (descriptor_ >= 0) close(descriptor_);
      fail("cannot open the file: " + std::generic_category().message(reason));
    }
    posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  ~FileBytes() override { close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::size_t read(std::span<char> into) override {
    ssize_t count = 0;
    do count = ::read(descriptor_, into.data(), into.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) fail("cannot read the file: " + std::generic_category().message(errno));
    position_ += static_cast<std::uint64_t>(count);
    // At the end, or beyond what was the end: one that is written to all the time would have none.
    if (!into.empty() && (count == 0 || position_ > static_cast<std::uint64_t>(opened_.st_size)))
      check_unchanged();
    return static_cast<std::size_t>(count);
  }

  std::uint64_t consumed() const override { return position_; }

 private:
  // What was read of a file that is being written is neither its old content nor its new one.
  void check_unchanged() const {
    struct stat now {};
    // Files of /proc and the like are regular, too, and say that they are empty.
    if (!S_ISREG(opened_.st_mode) || opened_.st_size == 0 || fstat(descriptor_, &now) != 0) return;
    const bool same_time =
        now.st_mtim.tv_sec == opened_.st_mtim.tv_sec && now.st_mtim.tv_nsec == opened_.st_mtim.tv_nsec;
    if (position_ == static_cast<std::uint64_t>(opened_.st_size) && now.st_size == opened_.st_size &&
        same_time)
      return;
    throw Error(Fault::usage,
                "the file has changed while it was read: of " + std::to_string(opened_.st_size) +
                    " bytes it has " + std::to_string(now.st_size),
                path_.string(), "start again when nothing writes it");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Fault::usage, what, path_.string(), "make it readable or choose other data");
  }

  std::filesystem::path path_;
  int descriptor_;
  struct stat opened_ {};
  std::uint64_t position_ = 0;
};

class PutBackBytes final : public ByteSource {
 public:
  PutBackBytes(std::string front, std::unique_ptr<ByteSource> rest)
      : front_(std::move(front)), rest_(std::move(rest)) {}

  std::size_t read(std::span<char> into) override {
    if (position_ == front_.size()) return rest_->read(into);
    const std::size_t count = front_.copy(into.data(), into.size(), position_);
    position_ += count;
    if (position_ == front_.size()) front_ = {}, position_ = 0;
    return count;
  }

  std::uint64_t consumed() const override { return rest_->consumed(); }

 private:
  std::string front_;
  std::size_t position_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace

std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path) {
  return std::make_unique<FileBytes>(path);
}

std::unique_ptr<ByteSource> put_back(std::string front, std::unique_ptr<ByteSource> rest) {
  return std::make_unique<PutBackBytes>(std::move(front), std::move(rest));
}

void fill_front(ByteSource& source, std::string& front, std::size_t size) {
  while (front.size() < size) {
    const std::size_t before = front.size();
    front.resize(size);
    std::size_t count = 0;
    try {
      count = source.read(std::span(front).subspan(before));
    } catch (...) {
      front.resize(before);
      throw;
    }
    front.resize(before + count);
    if (count == 0) return;
  }
}

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> raw, std::string name,
                                         std::size_t threads) {
  std::string front;
  fill_front(*raw, front, kLongestMagic);
  const bool gzip = is_gzip(front), zstd = is_zstd(front), bzip2 = is_bzip2(front);
  raw = put_back(std::move(front), std::move(raw));
  if (bzip2) return open_bzip2(std::move(raw), std::move(name), threads);
  if (gzip) raw = open_gzip(std::move(raw), std::move(name));
  if (zstd) raw = open_zstd(std::move(raw), std::move(name));
  return (gzip || zstd) && threads > 1 ? read_ahead(std::move(raw)) : std::move(raw);
}

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path, std::size_t threads) {
  return decompressed(open_file(path), path.string(), threads);
}

}  // namespace diecast
