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
template <Element kElement>
using ElementType = typename element_type<kElement>::type;

/// The Element of a C++ type; not defined for others.
template <class E>
extern const Element element_of;
template <>
inline constexpr Element element_of<float> = Element::f32;
template <>
inline constexpr Element element_of<BFloat16> = Element::bf16;

}  // namespace diecast
