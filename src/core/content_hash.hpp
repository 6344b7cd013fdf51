#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <xxhash.h>

namespace diecast {

/// XXH3-128 (https://github.com/Cyan4973/xxHash) of bytes that come in pieces.
class ContentHash {
 public:
  ContentHash();
  void add(std::span<const std::byte> bytes);
  /// 32 hexadecimal digits, of all that was added so far.
  std::string hex() const;

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

std::string hash_text(std::string_view text);

/// Reads a whole file. Throws Error(Fault::run) when that fails.
std::string hash_file(const std::filesystem::path& path);

}  // namespace diecast
