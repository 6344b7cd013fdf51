#include <diecast/data/prefetcher.hpp>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace diecast {

// Batch i is made in place i % size. The batch in use keeps its place, so that there is one more than are ahead.
struct Prefetcher::Ring {
  Ring(const BatchStream& stream_, std::uint64_t first, std::size_t ahead)
      : stream(stream_), places(ahead + 1), wanted(first), claimed(first) {}

  struct Place {
    Batch batch;
    std::uint64_t ready = 0;  // the batch that is in it, plus one
  };

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      free.wait(lock, [&] { return stops || claimed < wanted + places.size(); });
      if (stops) return;
      const std::uint64_t index = claimed++;
      Place& place = places[index % places.size()];
      lock.unlock();
      std::exception_ptr failed;
      try {
        stream.fill(index, place.batch);
      } catch (...) {
        failed = std::current_exception();
      }
      lock.lock();
      if (failed) failure = failed;
      place.ready = index + 1;
      made.notify_one();
    }
  }

  const BatchStream& stream;
  std::vector<Place> places;
  std::mutex mutex;
  std::condition_variable free, made;
  std::uint64_t wanted;   // the batch in use, or the first one
  std::uint64_t claimed;  // the next one to be made
  bool begun = false, stops = false;
  std::exception_ptr failure;
  std::vector<std::thread> workers;
};

Prefetcher::Prefetcher(const BatchStream& stream, std::uint64_t first, std::size_t ahead, std::size_t workers)
    : ring_(std::make_unique<Ring>(stream, first, workers == 0 ? 0 : ahead)) {
  for (std::size_t i = 0; ahead > 0 && i < workers; ++i) ring_->workers.emplace_back([ring = ring_.get()] { ring->work(); });
}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(ring_->mutex);
    ring_->stops = true;
  }
  ring_->free.notify_all();
  for (std::thread& worker : ring_->workers) worker.join();
}

const Batch& Prefetcher::next() {
  Ring& ring = *ring_;
  std::unique_lock lock(ring.mutex);
  if (ring.begun) ++ring.wanted;
  ring.begun = true;
  Ring::Place& place = ring.places[ring.wanted % ring.places.size()];
  if (ring.workers.empty()) {
    ring.stream.fill(ring.wanted, place.batch);
    return place.batch;
  }
  ring.free.notify_all();
  ring.made.wait(lock, [&] { return ring.failure || place.ready == ring.wanted + 1; });
  if (ring.failure) std::rethrow_exception(ring.failure);
  return place.batch;
}

}  // namespace diecast
