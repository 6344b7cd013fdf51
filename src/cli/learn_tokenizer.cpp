#include "cli/learn_tokenizer.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/train/stop_signal.hpp>

namespace diecast {
namespace {

// Enough text for all cores, few enough files for a line of progress every hundred.
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr std::uint64_t kBatchFiles = 100;

struct DocumentBatch {
  std::vector<std::string> texts;
  StreamProgress progress;  // after them
};

DocumentBatch read_batch(DocumentStream& documents) {
  DocumentBatch batch;
  const std::uint64_t first_file = documents.progress().files;
  Document document;
  for (std::size_t bytes = 0;
       bytes < kBatchBytes && documents.progress().files < first_file + kBatchFiles && documents.next(document);
       bytes += batch.texts.back().size())
    batch.texts.push_back(std::move(document.text));
  batch.progress = documents.progress();
  return batch;
}

class LearningProgress {
 public:
  explicit LearningProgress(Log& log) : log_(log) {}

  void counted(std::uint64_t text_bytes) { text_bytes_ = text_bytes; }

  void show(const StreamProgress& at, bool done) {
    const double share = at.total > 0 ? static_cast<double>(at.bytes) / static_cast<double>(at.total) : 0;
    log_.progress({.title = "Counting",
                   .at = at,
                   .bytes_per_s = static_cast<double>(text_bytes_) / seconds(),
                   .eta_seconds = share > 0 ? seconds() * (1 - share) / share : 0,
                   .done = done});
  }

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  Log& log_;
  std::atomic<std::uint64_t> text_bytes_{0};  // counted by one thread and shown by the one that reads
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void stop_if_asked(const StreamProgress& at) {
  const int signal = StopSignal::received();
  if (signal == 0) return;
  const std::string of = at.total_files > 0 ? fmt::format(" of {}", at.total_files) : "";
  throw Stopped(signal, fmt::format("stopped by {} after {}{} files; nothing was written", StopSignal::name_of(signal),
                                    at.files, of));
}

// The next batch is read while this one is counted.
StreamProgress count_all(VocabularyBuilder& builder, DocumentStream& documents, LearningProgress& progress) {
  const auto read = [&] { return read_batch(documents); };
  std::vector<std::string_view> views;
  DocumentBatch batch = read();
  while (!batch.texts.empty()) {
    std::future<DocumentBatch> reading = std::async(std::launch::async, read);
    views.assign(batch.texts.begin(), batch.texts.end());
    builder.add(views);
    DocumentBatch next = reading.get();
    progress.counted(builder.bytes());
    batch = std::move(next);
  }
  progress.show(batch.progress, true);
  return batch.progress;
}

}  // namespace

std::unique_ptr<Tokenizer> learn_tokenizer(const VocabularyOptions& options, const OpenDocuments& documents,
                                           ThreadPool& pool, Log& log) {
  VocabularyBuilder builder(options, pool);
  if (!builder.needs_text()) return builder.build();
  LearningProgress progress(log);
  const auto stream = documents([&](const StreamProgress& at) {
    stop_if_asked(at);
    progress.show(at, false);
  });
  const StopSignal handlers;
  log.info(fmt::format("tokenizer: learning up to {} entries of kind {}", options.size, options.kind));
  const StreamProgress read = count_all(builder, *stream, progress);
  const double counted = progress.seconds();
  auto tokenizer = builder.build([&] { stop_if_asked(read); });
  stop_if_asked(read);
  if (builder.pruned() > 0)
    log.warning(fmt::format("{} occurrences of rare pieces went uncounted for want of memory", builder.pruned()));
  log.info(fmt::format("tokenizer: {} entries from {} of text in {:.1f} s, {:.1f} s of it for reading and counting",
                       tokenizer->vocab_size(), readable_bytes(builder.bytes()), progress.seconds(), counted));
  return tokenizer;
}

}  // namespace diecast
