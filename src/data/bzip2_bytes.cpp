#include <bzlib.h>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "data/bzip2_scanner.hpp"
#include "data/decompress.hpp"

namespace diecast {
namespace {

// Of the largest blocks; smaller ones are decoded, too.
constexpr std::string_view kBzip2Header = "BZh9";

// Appends bits to bytes.
class Bzip2Writer {
 public:
  explicit Bzip2Writer(std::string bytes) : bytes_(std::move(bytes)) {}

  void add(const Bzip2Piece& piece) {
    const unsigned shift = piece.first_bit % 8;
    std::uint64_t left = piece.bits;
    for (std::size_t i = 0; left > 0; ++i) {
      const unsigned high = static_cast<unsigned char>(piece.bytes[i]);
      const unsigned low = i + 1 < piece.bytes.size() ? static_cast<unsigned char>(piece.bytes[i + 1]) : 0;
      const auto count = static_cast<unsigned>(std::min<std::uint64_t>(left, 8));
      if (count == 8 && free_ == 0)  // as nearly all are
        bytes_ += static_cast<char>((high << 8 | low) >> (8 - shift));
      else
        add((high << 8 | low) >> (8 - shift) & 0xFF, 8, count);
      left -= count;
    }
  }
  /// The upper `count` of the `width` lowest bits of `value`.
  void add(std::uint64_t value, unsigned width, unsigned count) {
    for (unsigned done = 0; done < count;) {
      if (free_ == 0) {
        bytes_ += '\0';
        free_ = 8;
      }
      const unsigned step = std::min(free_, count - done);
      const auto bits = static_cast<unsigned>(value >> (width - done - step)) & ((1U << step) - 1);
      bytes_.back() = static_cast<char>(static_cast<unsigned char>(bytes_.back()) | bits << (free_ - step));
      free_ -= step;
      done += step;
    }
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
  unsigned free_ = 0;  // bits of the last byte
};

class Bzip2Decoder {
 public:
  explicit Bzip2Decoder(std::string& input) {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
    stream_.next_in = input.data();
    stream_.avail_in = static_cast<unsigned>(input.size());
  }
  ~Bzip2Decoder() { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;

  bz_stream* operator->() { return &stream_; }
  int decompress() {
    const int status = BZ2_bzDecompress(&stream_);
    if (status == BZ_MEM_ERROR) throw std::bad_alloc();
    return status;
  }

 private:
  bz_stream stream_{};
};

// What a block's bits decompress to, or nothing if they are no block: libbz2 is given them as a stream of one
// block, whose checksum is then the stream's.
std::optional<std::string> decode_bzip2_block(const Bzip2Piece& piece) {
  constexpr std::size_t kStep = std::size_t{1} << 20;  // what a block is as a rule; one of runs may be 46 MB
  Bzip2Writer writer{std::string(kBzip2Header)};
  writer.add(piece);
  writer.add(kBzip2End, kBzip2MagicBits, kBzip2MagicBits);
  writer.add(piece.number(kBzip2MagicBits, 32), 32, 32);
  Bzip2Decoder decoder(writer.bytes());
  std::string text;
  std::size_t size = 0;
  for (int status = BZ_OK; status != BZ_STREAM_END;) {
    if (size == text.size()) text.resize(size + std::max(kStep, size / 2));
    decoder->next_out = text.data() + size;
    decoder->avail_out = static_cast<unsigned>(text.size() - size);
    status = decoder.decompress();
    const std::size_t before = std::exchange(size, text.size() - decoder->avail_out);
    const bool stuck = size == before && decoder->avail_in == 0;
    if (status != BZ_STREAM_END && (status != BZ_OK || stuck)) return {};
  }
  text.resize(size);
  return text;
}

// Bytes after which the block that `bits` begin with has ended, the last of them perhaps not full; 0 if there
// is none.
std::uint64_t bzip2_block_bytes(const Bzip2Piece& bits) {
  Bzip2Writer writer{std::string(kBzip2Header)};
  writer.add(bits);
  Bzip2Decoder decoder(writer.bytes());
  // Without room libbz2 stops when it has read a block, before it looks at what follows.
  const bool is_block = decoder.decompress() == BZ_OK;
  const std::uint64_t read = std::uint64_t{decoder->total_in_hi32} << 32 | decoder->total_in_lo32;
  return is_block ? read - kBzip2Header.size() : 0;
}

void append_piece(Bzip2Piece& piece, const Bzip2Piece& next) {
  // The byte at the joint is in both.
  if ((piece.first_bit + piece.bits) % 8 != 0) piece.bytes.pop_back();
  piece.bytes += next.bytes;
  piece.bits += next.bits;
}

// The pieces of a file are decoded by whoever comes first and handed over in their order.
class Bzip2Bytes final : public ByteSource {
 public:
  Bzip2Bytes(std::unique_ptr<ByteSource> raw, std::string name, std::size_t threads)
      : name_(std::move(name)), scanner_(std::move(raw)), max_jobs_(2 * threads) {
    try {
      for (std::size_t i = 0; threads > 1 && i < threads; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // The system has no more threads: those there are, if only the reader's, do it all.
    }
  }

  ~Bzip2Bytes() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  std::size_t read(std::span<char> into) override {
    while (position_ == text_.size()) {
      position_ = 0;
      text_.clear();
      if (!take_piece()) return 0;
    }
    const std::size_t count = text_.copy(into.data(), into.size(), position_);
    position_ += count;
    return count;
  }

  std::uint64_t consumed() const override { return consumed_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  struct Job {
    Bzip2Piece piece;
    bool started = false, done = false, dropped = false;
    std::optional<std::string> text;  // of a block, if it is one
    std::exception_ptr error;
  };
  using JobPointer = std::shared_ptr<Job>;

  // What is ready but not asked for: more than a few blocks where they decompress to many times the usual.
  static constexpr std::size_t kMaxReady = std::size_t{128} << 20;

  bool scan() {
    if (scan_error_) return false;
    try {
      auto piece = scanner_.next();
      if (!piece) return false;
      jobs_.push_back(std::make_shared<Job>());
      jobs_.back()->piece = std::move(*piece);
      return true;
    } catch (...) {
      scan_error_ = std::current_exception();
      return false;
    }
  }

  void decode(Lock& lock, JobPointer job) {
    job->started = true;
    lock.unlock();
    std::optional<std::string> text;
    std::exception_ptr error;
    try {
      if (job->piece.kind == Bzip2Piece::Kind::block) text = decode_bzip2_block(job->piece);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    job->done = true;
    job->error = error;
    if (text && !job->dropped) ready_ += text->size();
    job->text = std::move(text);
    changed_.notify_all();
  }

  void drop(std::size_t index) {
    Job& job = *jobs_[index];
    job.dropped = true;
    if (job.text) ready_ -= job.text->size();
    jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void work() {
    Lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] {
        return stopped_ || jobs_.empty() || (jobs_.size() < max_jobs_ && ready_ < kMaxReady);
      });
      if (stopped_ || !scan()) return;
      decode(lock, jobs_.back());
    }
  }

  // False at the end of the file.
  bool take_piece() {
    Lock lock(mutex_);
    if (jobs_.empty() && !scan()) {
      if (scan_error_) std::rethrow_exception(scan_error_);
      if (in_stream_) refuse_cut_short(name_, consumed_);
      return false;
    }
    const JobPointer job = jobs_.front();
    if (!job->started) decode(lock, job);
    changed_.wait(lock, [&] { return job->done; });
    if (job->error) std::rethrow_exception(job->error);
    consumed_ = job->piece.first_bit / 8;  // what errors say
    switch (job->piece.kind) {
      case Bzip2Piece::Kind::start:
        begin_stream(job->piece, 0);
        break;
      case Bzip2Piece::Kind::block:
        take_block(*job);
        break;
      case Bzip2Piece::Kind::end:
        end_stream(job->piece);
        break;
    }
    consumed_ = (job->piece.first_bit + job->piece.bits) / 8;
    drop(0);
    if (job->text) text_ = std::move(*job->text);
    lock.unlock();
    changed_.notify_all();
    return true;
  }

  // The header of a stream is the rest of a piece.
  void begin_stream(const Bzip2Piece& piece, std::uint64_t from) {
    const std::string_view rest = std::string_view(piece.bytes).substr((piece.first_bit % 8 + from) / 8);
    consumed_ = (piece.first_bit + from) / 8;
    if (rest.size() < kBzip2Header.size() && kBzip2Header.starts_with(rest))
      refuse_cut_short(name_, consumed_);
    const bool is_header = rest.size() == kBzip2Header.size() && rest.starts_with("BZh") && rest[3] >= '1' &&
                           rest[3] <= '9' && (piece.first_bit + piece.bits) % 8 == 0;
    if (!is_header) refuse_damaged(name_, consumed_, "what follows is not bzip2");
    in_stream_ = true;
    checksum_ = 0;
  }

  void end_stream(const Bzip2Piece& piece) {
    constexpr unsigned kBits = kBzip2MagicBits + 32;
    if (!in_stream_) refuse_damaged(name_, consumed_, "a stream ends that has not begun");
    if (piece.bits < kBits) refuse_cut_short(name_, consumed_);
    if (piece.number(kBzip2MagicBits, 32) != checksum_)
      refuse_damaged(name_, consumed_, "wrong checksum of a stream");
    in_stream_ = false;
    const std::uint64_t padded = kBits + (8 - (piece.first_bit + kBits) % 8) % 8;
    if (piece.bits > padded) begin_stream(piece, padded);
  }

  void take_block(Job& job) {
    if (!in_stream_) refuse_damaged(name_, consumed_, "a block outside of a stream");
    if (!job.text) join_pieces(job);
    checksum_ = std::rotl(checksum_, 1) ^ job.piece.number(kBzip2MagicBits, 32);
  }

  // The first piece is no block: perhaps it ends too soon, at a magic number that is in the block by chance.
  void join_pieces(Job& job) {
    Bzip2Piece joint = job.piece;
    std::vector<std::uint64_t> ends;
    for (std::size_t i = 1; joint.bytes.size() <= kMaxBzip2Piece && (i < jobs_.size() || scan()); ++i) {
      append_piece(joint, jobs_[i]->piece);
      ends.push_back(joint.bits);
    }
    if (scan_error_) std::rethrow_exception(scan_error_);
    if (ends.empty() && scanner_.at_end()) refuse_cut_short(name_, consumed_);
    const std::uint64_t bytes = bzip2_block_bytes(joint);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i] + 8 <= 8 * bytes || ends[i] > 8 * bytes) continue;
      joint.bits = ends[i];
      joint.bytes.resize((joint.first_bit % 8 + joint.bits + 7) / 8);
      job.text = decode_bzip2_block(joint);
      if (!job.text) break;
      ready_ += job.text->size();
      job.piece = std::move(joint);
      for (std::size_t dropped = 0; dropped <= i; ++dropped) drop(1);
      return;
    }
    refuse_damaged(name_, consumed_, "a block of bzip2 is not one");
  }

  std::string name_;
  std::string text_;  // of the block that is being read, and how much of it has been
  std::size_t position_ = 0;
  std::uint64_t consumed_ = 0;
  bool in_stream_ = false;
  std::uint32_t checksum_ = 0;  // of the stream, so far

  std::mutex mutex_;  // of what follows, and of no other work than scanning and joining
  std::condition_variable changed_;
  Bzip2Scanner scanner_;
  std::deque<JobPointer> jobs_;
  std::size_t max_jobs_;
  std::size_t ready_ = 0;  // bytes of text in jobs_
  std::exception_ptr scan_error_;
  bool stopped_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace

bool is_bzip2(std::string_view front) {
  if (front.size() < kBzip2Header.size() || !front.starts_with("BZh") || front[3] < '1' || front[3] > '9')
    return false;
  const std::string_view magic = front.substr(kBzip2Header.size());
  return std::string_view("\x31\x41\x59\x26\x53\x59").starts_with(magic) ||
         std::string_view("\x17\x72\x45\x38\x50\x90").starts_with(magic);
}

std::unique_ptr<ByteSource> open_bzip2(std::unique_ptr<ByteSource> raw, std::string name,
                                       std::size_t threads) {
  return std::make_unique<Bzip2Bytes>(std::move(raw), std::move(name), threads);
}

}  // namespace diecast
