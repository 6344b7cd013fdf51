#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace diecast {

/// The storage types a model's GEMM operands may have.
enum class Element { f32, bf16, f16 };

constexpr std::string_view element_name(Element e) {
  return e == Element::f32 ? "f32" : e == Element::bf16 ? "bf16" : "f16";
}

constexpr std::size_t element_bytes(Element e) { return e == Element::f32 ? 4 : 2; }

/// bfloat16 as stored: the upper half of an IEEE single. Kernels compute on it; elsewhere it is only
/// converted. Rounds to nearest, ties to even; NaN stays NaN.
struct BFloat16 {
  std::uint16_t bits;

  constexpr BFloat16() = default;
  constexpr explicit BFloat16(float value) : bits(round(std::bit_cast<std::uint32_t>(value))) {}
  constexpr operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

 private:
  static constexpr std::uint16_t round(std::uint32_t u) {
    if ((u & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((u >> 16) | 0x40u);
    return static_cast<std::uint16_t>((u + 0x7FFFu + ((u >> 16) & 1u)) >> 16);
  }
};
static_assert(sizeof(BFloat16) == 2 && std::is_trivially_copyable_v<BFloat16>);

/// IEEE half precision as stored: 11 bits of significand, from 2^-24 (subnormal) to 65504. Kernels compute on it;
/// elsewhere it is only converted. Rounds to nearest, ties to even, and to infinity beyond; NaN stays NaN.
struct Float16 {
  std::uint16_t bits;

  constexpr Float16() = default;
  constexpr explicit Float16(float value) : bits(round(std::bit_cast<std::uint32_t>(value))) {}
  constexpr operator float() const {
    const std::uint32_t sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7FFFu;
    if (magnitude < kSmallestNormal) {
      const float subnormal = static_cast<float>(magnitude) * 0x1p-24f;
      return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(subnormal));
    }
    // Exponents are biased by 15 here and by 127 there; that of infinity and NaN is all ones in both.
    const std::uint32_t exponent = magnitude < kInfinity ? (127 - 15) << 23 : (255 - 31) << 23;
    return std::bit_cast<float>(sign | ((magnitude << 13) + exponent));
  }

 private:
  static constexpr std::uint32_t kSmallestNormal = 0x0400, kInfinity = 0x7C00, kQuiet = 0x0200;

  static constexpr std::uint16_t round(std::uint32_t u) {
    return static_cast<std::uint16_t>(((u >> 16) & 0x8000u) | round_magnitude(u & 0x7FFFFFFFu));
  }
  static constexpr std::uint32_t round_magnitude(std::uint32_t u) {
    if (u > 0x7F800000u) return kInfinity | kQuiet | ((u >> 13) & 0x3FFu);
    if (u >= std::bit_cast<std::uint32_t>(65520.0f)) return kInfinity;  // half-way beyond the largest, and more
    if (u < std::bit_cast<std::uint32_t>(0x1p-14f)) {
      // Floats from 0.5 on are 2^-24 apart, as the subnormals are: the addition rounds.
      const std::uint32_t shifted = std::bit_cast<std::uint32_t>(std::bit_cast<float>(u) + 0.5f);
      return shifted - std::bit_cast<std::uint32_t>(0.5f);
    }
    return (u - ((127u - 15u) << 23) + 0xFFFu + ((u >> 13) & 1u)) >> 13;
  }
};
static_assert(sizeof(Float16) == 2 && std::is_trivially_copyable_v<Float16>);

/// The C++ type of an Element.
template <Element kElement>
struct element_type;
template <>
struct element_type<Element::f32> {
  using type = float;
};
template <>
struct element_type<Element::bf16> {
  using type = BFloat16;
};
template <>
struct element_type<Element::f16> {
  using type = Float16;
};
template <Element kElement>
using ElementType = typename element_type<kElement>::type;

/// The Element of a C++ type; not defined for others.
template <class E>
extern const Element element_of;
template <>
inline constexpr Element element_of<float> = Element::f32;
template <>
inline constexpr Element element_of<BFloat16> = Element::bf16;
template <>
inline constexpr Element element_of<Float16> = Element::f16;

/// What kernels multiply where operands are stored as `e`. f16 becomes f32 first, on every target: AVX512-FP16 would
/// round sums to 11 bits and overflow at 65504, and no machine at hand can show that to be harmless.
/// Packed activations are kept widened, which gained 5 % of a step on Zen 4. Packed weights are not, which saves half their
/// memory: products widen them a part at a time.
constexpr Element widened(Element e) { return e == Element::f16 ? Element::f32 : e; }
template <class E>
using Widened = ElementType<widened(element_of<E>)>;

}  // namespace diecast
