#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <diecast/data/batch.hpp>
#include <diecast/data/batch_stream.hpp>

namespace diecast {

/// Batches of a stream one after another, made ahead of whoever asks by threads of its own. Which thread makes a batch
/// changes nothing of it. No memory is allocated once every place of the ring has been used.
class Prefetcher {
 public:
  /// Begins with batch `first`. Up to `ahead` batches are made before they are asked for, on `workers` threads; if
  /// either is 0, each is made when it is asked for. `stream` must outlive this.
  Prefetcher(const BatchStream& stream, std::uint64_t first, std::size_t ahead, std::size_t workers);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next batch, good until the next call. Throws what making it threw.
  const Batch& next();

 private:
  struct Ring;
  std::unique_ptr<Ring> ring_;
};

}  // namespace diecast
