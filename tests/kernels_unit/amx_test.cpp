#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <diecast/core/element.hpp>
#include <diecast/kernels/dispatch.hpp>

#include "kernels/amx_support.hpp"
#include "kernels/plain_tiles.hpp"
#include "kernels/tile_config.hpp"
#include "tests/reference/splitmix.hpp"

namespace diecast {
namespace {

TEST_CASE("a tile configuration has the bytes that ldtilecfg reads") {
  const TileConfig config = tile_config(5);
  unsigned char bytes[64];
  std::memcpy(bytes, &config, sizeof bytes);
  CHECK(bytes[0] == 1);  // palette
  for (std::size_t i = 1; i < 16; ++i) CHECK(bytes[i] == 0);
  for (std::size_t tile = 0; tile < 16; ++tile) {
    CAPTURE(tile);
    const int rows = tile < 6 ? 5 : tile < 8 ? 16 : 0;
    CHECK(bytes[16 + 2 * tile] + 256 * bytes[17 + 2 * tile] == (rows == 0 ? 0 : 64));
    CHECK(bytes[48 + tile] == rows);
  }
}

std::vector<BFloat16> random_elements(std::size_t size, std::size_t stream) {
  std::vector<BFloat16> values;
  for (std::size_t i = 0; i < size; ++i)
    values.emplace_back(static_cast<float>(reference::uniform(7000 + stream, i)));
  return values;
}

TEST_CASE("plain tiles multiply a left operand's rows by a right operand's pairs, into what is there") {
  constexpr std::size_t kRows = 11, kLeftStride = 40, kResultStride = 20;  // in elements
  const auto left = random_elements(kTileSide * kLeftStride, 0);
  const auto right = random_elements(kTileElements, 1);
  PlainTiles tiles(kRows);
  tiles.load<4>(left.data(), kLeftStride * sizeof(BFloat16));
  tiles.load<7>(right.data(), kTileStride);
  tiles.zero<2>();
  tiles.multiply<2, 4, 7>();
  tiles.multiply<2, 4, 7>();
  std::vector<float> result(kTileSide * kResultStride, -1.0f);
  tiles.store<2>(result.data(), kResultStride * sizeof(float));
  for (std::size_t i = 0; i < kTileSide; ++i) {
    for (std::size_t j = 0; j < kResultStride; ++j) {
      CAPTURE(i);
      CAPTURE(j);
      const float got = result[i * kResultStride + j];
      if (i >= kRows || j >= kTileSide) {
        CHECK(got == -1.0f);
        continue;
      }
      double expected = 0;
      for (std::size_t k = 0; k < kTileDepth; ++k)
        expected += 2.0 * static_cast<float>(left[i * kLeftStride + k]) *
                    static_cast<float>(right[(k / 2 * kTileSide + j) * 2 + k % 2]);
      CHECK(got == doctest::Approx(expected).epsilon(1e-5));
    }
  }
}

TEST_CASE("AMX is used where CPU, system, kernel and binary agree; else the first obstacle is named") {
  CHECK(amx_obstacle({.cpu = true, .system = true, .refusal = 0, .compiled = true}).empty());
  CHECK(amx_obstacle({}) == "this CPU has none");
  CHECK(amx_obstacle({.cpu = true}).find("does not save its state") != std::string::npos);
  const std::string refused = amx_obstacle({.cpu = true, .system = true, .refusal = EPERM, .compiled = true});
  CHECK(refused.find("the kernel refused it: ") == 0);
  CHECK(refused.find(std::strerror(EPERM)) != std::string::npos);
  CHECK(amx_obstacle({.cpu = true, .system = true}).find("-Dtargets=native") != std::string::npos);
}

TEST_CASE("the status of AMX agrees with the list of targets") {
  const auto targets = kernel_targets();
  const bool listed = std::ranges::count(targets, kAmxTarget) == 1;
  CHECK(listed == amx_obstacle(amx_facts()).empty());
  CHECK((amx_status() == kAmxInUse) == (choose_target() == kAmxTarget));
  if (!listed) CHECK(amx_status() == amx_obstacle(amx_facts()));
}

}  // namespace
}  // namespace diecast
