#include "data/decompress.hpp"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <diecast/core/error.hpp>
#include <limits>
#include <new>

namespace diecast {
namespace {

class GzipBytes final : public ByteSource {
 public:
  GzipBytes(std::unique_ptr<ByteSource> raw, std::string name) : input_(std::move(raw), std::move(name)) {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, kGzipOnly + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~GzipBytes() override { inflateEnd(&stream_); }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  std::size_t read(std::span<char> into) override {
    const auto room = static_cast<uInt>(std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max()));
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = room;
    while (room > 0 && stream_.avail_out == room) {
      const std::string_view input = input_.peek();
      if (!inside_ && !begin_member(input)) return 0;
      inflate_some(input);
    }
    return room - stream_.avail_out;
  }

  std::uint64_t consumed() const override { return input_.offset(); }

 private:
  // False at the end of the file.
  bool begin_member(std::string_view input) {
    if (!input.empty() && input.front() == 0) skip_padding();
    if (input_.peek().empty()) return false;
    if (input.front() != '\x1F') input_.damaged("bytes after the end");
    inflateReset(&stream_);
    return inside_ = true;
  }

  // Tapes pad with zeros, and gzip itself lets them pass.
  void skip_padding() {
    for (std::string_view rest = input_.peek(); !rest.empty(); rest = input_.peek()) {
      if (rest.find_first_not_of('\0') != std::string_view::npos) input_.damaged("bytes after the end");
      input_.skip(rest.size());
    }
  }

  void inflate_some(std::string_view input) {
    const uInt room = stream_.avail_out;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));  // zlib does not write to it
    stream_.avail_in = static_cast<uInt>(input.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    input_.skip(input.size() - stream_.avail_in);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      input_.damaged(stream_.msg != nullptr ? stream_.msg : zError(status));
    if (status == Z_STREAM_END) inside_ = false;
    if (inside_ && input.empty() && stream_.avail_out == room) input_.cut_short();
  }

  CompressedInput input_;
  z_stream stream_{};
  bool inside_ = false;  // a member
};

class ZstdBytes final : public ByteSource {
 public:
  ZstdBytes(std::unique_ptr<ByteSource> raw, std::string name)
      : input_(std::move(raw), std::move(name)), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    constexpr int kWindowLog = 31;  // the largest; the default refuses what `zstd --long=28` and higher made
    if (!context_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
  }

  std::size_t read(std::span<char> into) override {
    ZSTD_outBuffer output{into.data(), into.size(), 0};
    while (output.pos == 0 && !into.empty()) {
      const std::string_view bytes = input_.peek();
      if (bytes.empty() && !inside_) return 0;
      ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
      const std::size_t status = ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation) throw std::bad_alloc();
      if (ZSTD_isError(status) != 0) input_.damaged(ZSTD_getErrorName(status));
      input_.skip(input.pos);
      inside_ = status != 0;
      if (inside_ && bytes.empty() && output.pos == 0) input_.cut_short();
    }
    return output.pos;
  }

  std::uint64_t consumed() const override { return input_.offset(); }

 private:
  CompressedInput input_;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool inside_ = false;  // a frame
};

}  // namespace

bool is_gzip(std::string_view front) { return front.starts_with("\x1F\x8B"); }

bool is_zstd(std::string_view front) {
  if (front.size() < 4) return false;
  const bool skippable =
      (static_cast<unsigned char>(front[0]) & 0xF0) == 0x50 && front.substr(1, 3) == "\x2A\x4D\x18";
  return skippable || front.starts_with("\x28\xB5\x2F\xFD");
}

void refuse_damaged(const std::string& name, std::uint64_t offset, const std::string& why) {
  throw Error(Fault::usage, "the file is damaged: " + why, name + " at byte " + std::to_string(offset),
              "fetch it again or leave it out");
}

void refuse_cut_short(const std::string& name, std::uint64_t offset) {
  throw Error(Fault::usage, "the file is cut short", name + " at byte " + std::to_string(offset),
              "fetch the rest of it or leave it out");
}

std::unique_ptr<ByteSource> open_gzip(std::unique_ptr<ByteSource> raw, std::string name) {
  return std::make_unique<GzipBytes>(std::move(raw), std::move(name));
}

std::unique_ptr<ByteSource> open_zstd(std::unique_ptr<ByteSource> raw, std::string name) {
  return std::make_unique<ZstdBytes>(std::move(raw), std::move(name));
}

}  // namespace diecast
