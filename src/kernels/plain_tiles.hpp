#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hwy/detect_targets.h>

#include <diecast/core/element.hpp>

#include "kernels/tile_config.hpp"

namespace diecast {

/// The Highway targets that have kernels on PlainTiles, for compiling them takes as long as all others: that closest
/// to AVX3_SPR, where AMX is, and the one that every build and machine has.
inline constexpr std::int64_t kPlainTilesVectors = HWY_AVX3 | HWY_SSE2;

/// What AmxTiles does, in C++: tests run the kernels on it where there is no AMX. It does not flush subnormals.
class PlainTiles {
 public:
  explicit PlainTiles(std::size_t rows) : config_(tile_config(rows)) {}

  template <int kTile>
  void load(const void* from, std::size_t stride) {
    copy_rows(tiles_[kTile].bytes, kTileStride, from, stride, config_.rows[kTile]);
  }
  template <int kTile>
  void store(void* to, std::size_t stride) const {
    copy_rows(to, stride, tiles_[kTile].bytes, kTileStride, config_.rows[kTile]);
  }
  template <int kTile>
  void zero() {
    tiles_[kTile] = Tile{};
  }
  template <int kResult, int kLeft, int kRight>
  void multiply() {
    multiply(tiles_[kResult], tiles_[kLeft], tiles_[kRight], config_.rows[kResult]);
  }

 private:
  struct alignas(64) Tile {
    std::byte bytes[kTileSide][kTileStride];
  };
  template <class T>
  struct Rows {
    T at[kTileSide][kTileStride / sizeof(T)];
  };
  template <class T>
  static Rows<T> rows(const Tile& tile) {
    Rows<T> result;
    std::memcpy(&result, &tile, sizeof result);
    return result;
  }

  // Not inlined, like what follows: kernels would take long to compile.
  [[gnu::noinline]] static void copy_rows(void* to, std::size_t to_stride, const void* from, std::size_t from_stride,
                                          std::size_t rows) {
    for (std::size_t row = 0; row < rows; ++row)
      std::memcpy(static_cast<std::byte*>(to) + row * to_stride,
                  static_cast<const std::byte*>(from) + row * from_stride, kTileStride);
  }
  // Even and odd elements have a sum each, as in tdpbf16ps.
  [[gnu::noinline]] static void multiply(Tile& result, const Tile& left, const Tile& right,
                                         std::size_t rows_of_result) {
    const auto a = rows<BFloat16>(left), b = rows<BFloat16>(right);
    auto c = rows<float>(result);
    for (std::size_t i = 0; i < rows_of_result; ++i) {
      float even[kTileSide] = {}, odd[kTileSide] = {};
      for (std::size_t pair = 0; pair < kTileSide; ++pair) {
        const float a0 = static_cast<float>(a.at[i][2 * pair]), a1 = static_cast<float>(a.at[i][2 * pair + 1]);
        for (std::size_t j = 0; j < kTileSide; ++j) {
          even[j] += a0 * static_cast<float>(b.at[pair][2 * j]);
          odd[j] += a1 * static_cast<float>(b.at[pair][2 * j + 1]);
        }
      }
      for (std::size_t j = 0; j < kTileSide; ++j) c.at[i][j] += even[j] + odd[j];
    }
    std::memcpy(&result, &c, sizeof result);
  }

  TileConfig config_;
  Tile tiles_[kTiles] = {};
};

}  // namespace diecast
