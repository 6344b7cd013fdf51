#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "data/decompress.hpp"

namespace diecast {
namespace {

class ReadAheadBytes final : public ByteSource {
 public:
  explicit ReadAheadBytes(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), reader_([this] { read_all(); }) {}

  ~ReadAheadBytes() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    reader_.join();
  }

  std::size_t read(std::span<char> into) override {
    while (position_ == current_.bytes.size())
      if (!take_chunk()) return 0;
    const std::size_t count = current_.bytes.copy(into.data(), into.size(), position_);
    position_ += count;
    return count;
  }

  std::uint64_t consumed() const override { return current_.consumed; }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 20, kChunks = 3;  // and the one that is being made

  struct Chunk {
    std::string bytes;
    std::uint64_t consumed = 0;
  };

  bool take_chunk() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !chunks_.empty() || ended_; });
    if (chunks_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return false;
    }
    current_ = std::move(chunks_.front());
    position_ = 0;
    chunks_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  void read_all() {
    std::exception_ptr error;
    try {
      while (add_chunk()) {
      }
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      error_ = error;
      ended_ = true;
    }
    changed_.notify_all();
  }

  // False at the end. What precedes an error has been handed over when it is thrown.
  bool add_chunk() {
    Chunk chunk;
    std::exception_ptr error;
    try {
      fill_front(*source_, chunk.bytes, kChunk);
    } catch (...) {
      error = std::current_exception();
    }
    chunk.consumed = source_->consumed();
    const bool whole = chunk.bytes.size() == kChunk;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return chunks_.size() < kChunks || stopped_; });
    if (!chunk.bytes.empty()) chunks_.push_back(std::move(chunk));
    if (error) std::rethrow_exception(error);
    const bool go_on = whole && !stopped_;
    lock.unlock();
    changed_.notify_all();
    return go_on;
  }

  std::unique_ptr<ByteSource> source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> chunks_;
  bool ended_ = false, stopped_ = false;
  std::exception_ptr error_;
  Chunk current_;  // and how much of it has been read: the caller's own
  std::size_t position_ = 0;
  std::thread reader_;  // last: it uses all the others
};

}  // namespace

std::unique_ptr<ByteSource> read_ahead(std::unique_ptr<ByteSource> source) {
  return std::make_unique<ReadAheadBytes>(std::move(source));
}

}  // namespace diecast
