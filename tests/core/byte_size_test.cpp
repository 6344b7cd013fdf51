#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <diecast/core/byte_size.hpp>

using namespace diecast;

TEST_CASE("a number of bytes may have a suffix for a power of 1024") {
  CHECK(parse_byte_size("0") == 0);
  CHECK(parse_byte_size("1000") == 1000);
  CHECK(parse_byte_size("3K") == 3 * 1024);
  CHECK(parse_byte_size("500M") == std::uint64_t{500} << 20);
  CHECK(parse_byte_size("2g") == std::uint64_t{2} << 30);
  CHECK(parse_byte_size("17179869183G") == std::uint64_t{17179869183} << 30);
}

TEST_CASE("what is no number of bytes is none") {
  for (const char* text : {"", "M", "-1", "+1", " 1", "1 M", "1.5G", "1T", "1MB", "1M ", "0x10", "17179869184G",
                           "18446744073709551616", "1\x0D"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_byte_size(text));
  }
}
