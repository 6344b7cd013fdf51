#include "checkpoint/content_hash.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <vector>

#include <diecast/core/error.hpp>

namespace diecast {

ContentHash::ContentHash() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

void ContentHash::add(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

std::string ContentHash::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state_.get()));
  std::string text;
  for (const unsigned char byte : bytes.digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string hash_text(std::string_view text) {
  ContentHash hash;
  hash.add(std::as_bytes(std::span(text)));
  return hash.hex();
}

std::string hash_file(const std::filesystem::path& path) {
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> chunk(kChunk);
  ContentHash hash;
  while (file) {
    file.read(chunk.data(), kChunk);
    hash.add(std::as_bytes(std::span(chunk).first(static_cast<std::size_t>(file.gcount()))));
  }
  if (!file.eof() || file.bad())
    throw Error(Fault::run, std::string("cannot read the file: ") + std::strerror(errno), path.string());
  return hash.hex();
}

}  // namespace diecast
