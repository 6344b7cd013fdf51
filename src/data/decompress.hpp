#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/byte_source.hpp"

namespace diecast {

/// Bytes at the beginning that tell one format from another.
inline constexpr std::size_t kLongestMagic = 10;

/// Whether a file that begins with `front`, `kLongestMagic` bytes or all it has, is one of gzip's (RFC 1952).
bool is_gzip(std::string_view front);
/// ... of zstd's (RFC 8878), which may begin with a frame to be skipped.
bool is_zstd(std::string_view front);
/// ... of bzip2's: `BZh`, a digit and the number that begins a block or ends a stream.
bool is_bzip2(std::string_view front);

/// What `raw` decompresses to; `name` names it in errors.
std::unique_ptr<ByteSource> open_gzip(std::unique_ptr<ByteSource> raw, std::string name);
std::unique_ptr<ByteSource> open_zstd(std::unique_ptr<ByteSource> raw, std::string name);
/// On `threads` threads of its own if `threads` > 1. They read `raw`.
std::unique_ptr<ByteSource> open_bzip2(std::unique_ptr<ByteSource> raw, std::string name,
                                       std::size_t threads);

/// Reads `source` on a thread of its own, at most 4 MiB ahead.
std::unique_ptr<ByteSource> read_ahead(std::unique_ptr<ByteSource> source);

/// The errors of a compressed file, `offset` bytes into it.
[[noreturn]] void refuse_damaged(const std::string& name, std::uint64_t offset, const std::string& why);
[[noreturn]] void refuse_cut_short(const std::string& name, std::uint64_t offset);

/// A compressed file on its way into a decompressor.
class CompressedInput {
 public:
  CompressedInput(std::unique_ptr<ByteSource> raw, std::string name)
      : raw_(std::move(raw)), name_(std::move(name)), buffer_(std::size_t{256} << 10) {}

  /// The bytes to go on with; empty only at the end.
  std::string_view peek() {
    if (begin_ == end_) {
      begin_ = 0;
      end_ = raw_->read(buffer_);
    }
    return {buffer_.data() + begin_, end_ - begin_};
  }
  void skip(std::size_t count) {
    begin_ += count;
    offset_ += count;
  }
  /// Of what `peek` returns, in the file.
  std::uint64_t offset() const { return offset_; }

  [[noreturn]] void damaged(const std::string& why) const { refuse_damaged(name_, offset_, why); }
  [[noreturn]] void cut_short() const { refuse_cut_short(name_, offset_); }

 private:
  std::unique_ptr<ByteSource> raw_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace diecast
