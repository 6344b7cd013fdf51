#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace diecast {

/// Calls body(integral_constant of a slot) for each of kCount slots.
template <std::size_t kCount, class Body>
constexpr void for_slots(const Body& body) {
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    (body(std::integral_constant<std::size_t, kSlot>()), ...);
  }(std::make_index_sequence<kCount>());
}

}  // namespace diecast
