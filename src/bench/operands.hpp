#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <diecast/core/arena.hpp>
#include <diecast/core/element.hpp>
#include <diecast/core/random.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/core/token.hpp>
#include <diecast/kernels/grid.hpp>

namespace diecast {

/// Memory that a kernel is measured on, in huge pages where the system gives them.
class Operands {
 public:
  explicit Operands(ThreadPool& pool) : pool_(pool) {}

  /// Elements between -1 and 1, none zero: zeros would flatter units whose clock depends on the data.
  void* elements(Element element, std::size_t count) {
    switch (element) {
      case Element::f32: return values<float>(count);
      case Element::bf16: return values<BFloat16>(count);
      case Element::f16: break;
    }
    return values<Float16>(count);
  }
  float* floats(std::size_t count) { return values<float>(count); }
  Token* tokens(std::size_t count, std::size_t vocabulary) {
    auto* out = take<Token>(count);
    for (std::size_t i = 0; i < count; ++i)
      out[i] = static_cast<Token>(mix32(static_cast<std::uint32_t>(i)) % vocabulary);
    return out;
  }

 private:
  template <class T>
  T* take(std::size_t count) {
    arenas_.push_back(std::make_unique<Arena>(count * sizeof(T)));
    return arenas_.back()->at<T>(0);
  }

  template <class E>
  E* values(std::size_t count) {
    E* out = take<E>(count);
    constexpr std::size_t kChunk = 65536;
    const auto seed = static_cast<std::uint32_t>(arenas_.size()) << 28;
    pool_.run(ceil_div(count, kChunk), [&](std::size_t task, std::size_t) {
      const Range chunk = block(task, kChunk, count);
      for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
        const auto bits = static_cast<std::int32_t>(mix32(static_cast<std::uint32_t>(i) + seed) | 1u);
        out[i] = static_cast<E>(static_cast<float>(bits) * 0x1p-31f);
      }
    });
    return out;
  }

  ThreadPool& pool_;
  std::vector<std::unique_ptr<Arena>> arenas_;
};

}  // namespace diecast
