#pragma once

#include <cstddef>
#include <cstdint>

namespace diecast {

/// A tile is 16 rows of 64 bytes: of results 16 floats a row; of a left operand 32 bf16 of the reduced extent; of a
/// right operand 16 pairs, row i holding the elements 2i and 2i + 1 of the reduced extent for 16 columns.
inline constexpr std::size_t kTileSide = 16;
inline constexpr std::size_t kTileDepth = 32;
inline constexpr std::size_t kTileStride = 64;                       ///< bytes of a row
inline constexpr std::size_t kTileElements = kTileSide * kTileDepth;  ///< bf16
inline constexpr std::size_t kTileResults = kTileSide * kTileSide;    ///< f32
inline constexpr std::size_t kTiles = 8, kFirstRightTile = 6;

/// The operand of ldtilecfg (Intel 64 and IA-32 Software Developer's Manual, volume 2, "LDTILECFG").
struct alignas(64) TileConfig {
  std::uint8_t palette;
  std::uint8_t start_row;
  std::uint8_t reserved[14];
  std::uint16_t row_bytes[16];
  std::uint8_t rows[16];
};
static_assert(sizeof(TileConfig) == 64, "TileConfig: ldtilecfg reads 64 bytes");

/// Tiles 0 to 3 for results and 4 and 5 for left operands, of `rows` rows (at most 16) each; 6 and 7, for right
/// operands, whole.
constexpr TileConfig tile_config(std::size_t rows) {
  TileConfig config{};
  config.palette = 1;
  for (std::size_t tile = 0; tile < kTiles; ++tile) {
    config.row_bytes[tile] = kTileStride;
    config.rows[tile] = static_cast<std::uint8_t>(tile < kFirstRightTile ? rows : kTileSide);
  }
  return config;
}

}  // namespace diecast
