#include <diecast/core/element.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

namespace diecast {
namespace {

constexpr std::uint16_t kInfinity = 0x7C00;

Float16 half(std::uint16_t bits) { return std::bit_cast<Float16>(bits); }

// What IEEE 754 says the bits mean.
double meaning(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, significand = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(significand, -24) : std::ldexp(1024 + significand, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

TEST_CASE("every finite half has its value, and comes back from it with its bits") {
  int wrong = 0;
  for (std::uint32_t i = 0; i < 0x10000; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    if ((bits & kInfinity) == kInfinity) continue;
    const float value = half(bits);
    wrong += value != meaning(bits) || Float16(value).bits != bits;
  }
  CHECK(wrong == 0);
}

TEST_CASE("what lies between two halves goes to the nearer one, and from the middle to the even one") {
  int wrong = 0;
  for (std::uint16_t low = 0; low < kInfinity; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    // The one after the largest would be 65536.
    const double above = high == kInfinity ? 65536 : meaning(high);
    const auto middle = static_cast<float>((meaning(low) + above) / 2);
    const std::uint16_t even = low % 2 == 0 ? low : high;
    for (const float sign : {1.0f, -1.0f}) {
      const std::uint16_t sign_bit = sign < 0 ? 0x8000 : 0;
      wrong += Float16(sign * middle).bits != (even | sign_bit);
      wrong += Float16(sign * std::nextafter(middle, 0.0f)).bits != (low | sign_bit);
      wrong += Float16(sign * std::nextafter(middle, 1e9f)).bits != (high | sign_bit);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("beyond the range a half is infinite, and NaN stays NaN") {
  constexpr float kFloatInfinity = std::numeric_limits<float>::infinity();
  for (const float value : {65520.0f, 1e5f, std::numeric_limits<float>::max(), kFloatInfinity}) {
    CHECK(static_cast<float>(Float16(value)) == kFloatInfinity);
    CHECK(static_cast<float>(Float16(-value)) == -kFloatInfinity);
  }
  CHECK(std::isnan(static_cast<float>(Float16(std::numeric_limits<float>::quiet_NaN()))));
  // A NaN whose payload lies in the bits that are cut off.
  CHECK(std::isnan(static_cast<float>(Float16(std::bit_cast<float>(0x7F800001u)))));
  CHECK(std::signbit(static_cast<float>(Float16(-0.0f))));
}

}  // namespace
}  // namespace diecast
