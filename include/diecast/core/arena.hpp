#pragma once

#include <cstddef>

namespace diecast {

/// The one allocation of a model: zeroed, page-aligned, in huge pages where the system gives them.
class Arena {
 public:
  /// Throws Error(Fault::run) that names the size when the system refuses.
  explicit Arena(std::size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::size_t bytes() const { return bytes_; }

  /// The memory from `offset` on, as elements of type T.
  template <class T>
  T* at(std::size_t offset) const {
    return reinterpret_cast<T*>(data_ + offset);
  }

 private:
  std::byte* data_;
  std::size_t bytes_;
};

}  // namespace diecast
