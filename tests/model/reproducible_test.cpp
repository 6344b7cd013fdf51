#include <doctest/doctest.h>
#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/train/optimizer.hpp>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/model_fixture.hpp"
#include "tests/tested_targets.hpp"

// Every allocation of this binary is counted. Not inlined: g++ would see a pointer from new go to free.
namespace {

std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) != 0) throw std::bad_alloc();
  return memory;
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace diecast {
namespace {

constexpr std::size_t kSteps = 12;

// A model and its optimizer, as the trainer uses them.
struct Training {
  ModelFixture fixture;
  Model& model = *fixture.model;
  std::unique_ptr<Optimizer> optimizer = make_optimizer(
      model.param_table(), {model.parameters(), model.gradients(), model.first_moments(), model.second_moments()}, {},
      fixture.pool, span_ops(model.target()));

  explicit Training(std::size_t threads, std::string_view target = {}) : fixture(target, threads) {}

  double step(std::size_t index) {
    fixture.use_batch(index);
    optimizer->zero_gradients();
    const float scale = 1.0f / static_cast<float>(active_preset().rows());
    const double loss = model.forward_backward(fixture.batch(), scale, {1, index}).sum;
    optimizer->update(index + 1, 1e-3, optimizer->gradient_norm());
    model.parameters_changed();
    return loss;
  }
};

// All that training leaves behind.
struct Outcome {
  std::vector<double> losses;
  std::vector<float> parameters, first_moments, second_moments;

  Outcome(std::string_view target, std::size_t threads) {
    Training training(threads, target);
    for (std::size_t i = 0; i < kSteps; ++i) losses.push_back(training.step(i));
    const auto copy = [](std::span<const float> values) {
      return std::vector<float>(values.begin(), values.end());
    };
    parameters = copy(training.model.parameters());
    first_moments = copy(training.model.first_moments());
    second_moments = copy(training.model.second_moments());
  }
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// Heap in use, by malloc's own books: what does not come from operator new shows here.
std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_CASE("training gives the same bits with one, two and three threads") {
  // The best target, and the one with another grid of tasks or the narrowest vectors.
  for (const std::string& target : {tested_targets().front(), tested_targets().back()}) {
    CAPTURE(target);
    const Outcome one(target, 1);
    for (const std::size_t threads : {2, 3}) {
      CAPTURE(threads);
      const Outcome other(target, threads);
      CHECK(same_bits(other.losses, one.losses));
      CHECK(same_bits(other.parameters, one.parameters));
      CHECK(same_bits(other.first_moments, one.first_moments));
      CHECK(same_bits(other.second_moments, one.second_moments));
    }
  }
}

TEST_CASE("training changes every tensor") {
  Training training(2);
  const auto before = training.fixture.by_name(training.model.parameters());
  training.step(0);
  for (const auto& tensor : training.fixture.by_name(training.model.parameters())) {
    CAPTURE(tensor.first);
    CHECK(tensor.second != before.at(tensor.first));
  }
}

TEST_CASE("after the first, a training step allocates nothing") {
  Training training(2);
  training.step(0);
  const std::size_t heap = heap_bytes(), count = allocations;
  for (std::size_t i = 1; i < 4; ++i) training.step(i);
  const std::size_t count_after = allocations, heap_after = heap_bytes();
  CHECK(count_after == count);
  CHECK(heap_after == heap);
}

TEST_CASE("after the first, neither evaluation nor a token's generation allocates anything") {
  ModelFixture f;
  const auto decoder = f.model->make_decoder();
  f.model->loss(f.batch());
  decoder->next(0);
  const std::size_t heap = heap_bytes(), count = allocations;
  f.model->loss(f.batch());
  decoder->next(1);
  decoder->reset();
  decoder->next(2);
  const std::size_t count_after = allocations, heap_after = heap_bytes();
  CHECK(count_after == count);
  CHECK(heap_after == heap);
}

TEST_CASE("the counter of allocations sees one") {
  const std::size_t count = allocations;
  auto* volatile seen = new std::vector<int>(1000);
  delete seen;
  CHECK(allocations >= count + 2);
}

}  // namespace
}  // namespace diecast
