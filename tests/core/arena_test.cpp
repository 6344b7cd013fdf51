#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <diecast/core/arena.hpp>
#include <diecast/core/error.hpp>
#include <memory>
#include <string>

namespace diecast {
namespace {

TEST_CASE("an arena is zero from its first byte to its last") {
  const Arena arena(3 << 20);
  CHECK(arena.bytes() >= 3 << 20);
  const std::byte* begin = arena.at<std::byte>(0);
  CHECK(std::all_of(begin, begin + arena.bytes(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("an arena begins on a page") {
  const Arena arena(1);
  void* begin = arena.at<std::byte>(0);
  std::size_t space = arena.bytes();
  void* const aligned = std::align(4096, 1, begin, space);
  CHECK(aligned == arena.at<std::byte>(0));
}

TEST_CASE("places in an arena are counted in bytes") {
  const Arena arena(4096);
  *arena.at<float>(64) = 2.5f;
  CHECK(*arena.at<float>(64) == 2.5f);
  CHECK(arena.at<float>(64) == arena.at<float>(0) + 16);
  CHECK(*arena.at<float>(60) == 0);
  CHECK(*arena.at<float>(68) == 0);
}

TEST_CASE("two arenas do not share memory") {
  const Arena one(4096), other(4096);
  *one.at<int>(0) = 1;
  CHECK(*other.at<int>(0) == 0);
}

TEST_CASE("an arena that the system refuses is an error of the run that tells its size and what to do") {
  try {
    const Arena arena(std::size_t{1} << 50);
    FAIL("the system gave a PiB");
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(error.fault() == Fault::run);
    CHECK(text.find("1073741824 MiB") != std::string::npos);
    CHECK(text.find("smaller batch_size") != std::string::npos);
  }
}

}  // namespace
}  // namespace diecast
