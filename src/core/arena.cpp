#include <diecast/core/arena.hpp>

#include <sys/mman.h>

#include <string>

#include <diecast/core/error.hpp>
#include <diecast/core/field.hpp>

namespace diecast {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

Arena::Arena(std::size_t bytes) : bytes_(round_up(bytes, kHugePage)) {
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw Error(Fault::run, "not enough memory for the plan of " + std::to_string(bytes_ >> 20) + " MiB", {},
                "free memory or build a preset with a smaller batch_size");
  madvise(memory, bytes_, MADV_HUGEPAGE);  // a hint: training works without
  data_ = static_cast<std::byte*>(memory);
}

Arena::~Arena() { munmap(data_, bytes_); }

}  // namespace diecast
