#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "data/byte_source.hpp"

namespace diecast::testing {

/// A string as a source that gives at most `step` bytes at a time.
class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string bytes, std::size_t step = SIZE_MAX)
      : bytes_(std::move(bytes)), step_(step) {}

  std::size_t read(std::span<char> into) override {
    const std::size_t count = bytes_.copy(into.data(), std::min(into.size(), step_), position_);
    position_ += count;
    return count;
  }

  std::uint64_t consumed() const override { return position_; }

 private:
  std::string bytes_;
  std::size_t step_;
  std::size_t position_ = 0;
};

/// All that a source gives.
inline std::string read_all(ByteSource& source, std::size_t step = std::size_t{1} << 16) {
  std::string text, piece(step, '\0');
  while (const std::size_t count = source.read(piece)) text.append(piece, 0, count);
  return text;
}

}  // namespace diecast::testing
