#include "cli/run_data.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include <diecast/core/error.hpp>
#include <diecast/data/validation_split.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/train/stop_signal.hpp>

#include "data/corpus_files.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;

// What `builtin:stories` is without a number: about 2 million tokens.
constexpr std::uint64_t kStories = 10000;

// What takes less needs no progress line.
constexpr double kQuietSeconds = 1;

// Several streams as one.
class ChainedDocuments : public DocumentStream {
 public:
  ChainedDocuments(std::vector<OpenDocuments> parts, ReadTick tick)
      : parts_(std::move(parts)), tick_(std::move(tick)) {}

  bool next(Document& document) override {
    for (;;) {
      if (stream_ && stream_->next(document)) return true;
      if (next_ == parts_.size()) return false;
      stream_ = parts_[next_++](tick_);
    }
  }
  // Of the part that is read; the others are not opened yet, or are no more.
  StreamProgress progress() const override { return stream_ ? stream_->progress() : StreamProgress{}; }

 private:
  std::vector<OpenDocuments> parts_;
  ReadTick tick_;
  std::size_t next_ = 0;
  std::unique_ptr<DocumentStream> stream_;
};

TextSplit text_split(const std::string& name) {
  return name == "blank_lines" ? TextSplit::blank_lines : name == "separator" ? TextSplit::separator : TextSplit::file;
}

// A folder of tokens in a cache: an XXH3-64 in hexadecimal.
bool is_cache_name(std::string_view name) {
  constexpr std::string_view kUnfinished = ".tmp-";
  if (name.starts_with(kUnfinished)) name.remove_prefix(kUnfinished.size());
  return name.size() == 16 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::uint64_t hash_string(const std::string& text) { return XXH3_64bits(text.data(), text.size()); }

void check_same_tokenizer(const ShardIdentity& data, const Tokenizer& tokenizer, const fs::path& folder) {
  if (data.tokenizer_hash == tokenizer.hash()) return;
  throw Error(Fault::usage,
              fmt::format("the data were prepared with another tokenizer: {} of {} tokens, not {} of {}",
                          data.tokenizer_kind, data.vocab_size, tokenizer.kind(), tokenizer.vocab_size()),
              folder.string(), "set tokenizer.file to the tokenizer.json there, or prepare the data with this one");
}

}  // namespace

std::uint64_t RunTokens::tokens_to_train() const {
  std::uint64_t tokens = 0;
  for (const MixturePart& part : train) tokens += part.tokens.size();
  return tokens;
}

std::uint64_t RunTokens::train_hash() const {
  std::vector<std::uint64_t> hashes;
  for (const MixturePart& part : train) hashes.push_back(part.tokens.hash());
  return XXH3_64bits(hashes.data(), hashes.size() * sizeof hashes[0]);
}

BatchOptions batch_options(const RunConfig& config, const Tokenizer& tokenizer) {
  const Preset& preset = active_preset();
  return {.seq_len = preset.seq_len,
          .batch_size = preset.batch_size,
          .end_of_text = tokenizer.end_of_text(),
          .seed = config.run.seed,
          .shuffle = config.data.shuffle,
          .padded = config.data.packing.value == "padded",
          .attend_across = config.data.attend_across};
}

CorpusOptions corpus_options(const RunConfig& config, std::vector<std::string> sources, std::size_t threads) {
  const DataSection& data = config.data;
  return {.sources = std::move(sources),
          .pattern = data.pattern.value,
          .split = text_split(data.split.value),
          .separator = data.separator.value,
          .text_field = data.text_field.value,
          .max_bad = data.max_bad,
          .sample = data.sample,
          .stories = kStories,
          .seed = config.run.seed,
          .threads = threads};
}

std::uint64_t hash_sources(const CorpusOptions& options, double validation_fraction, std::uint64_t seed) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", static_cast<int>(options.split), options.separator,
                                 options.text_field, options.max_bad, options.sample, validation_fraction, seed);
  for (const CorpusPart& part : find_corpus_parts(options)) {
    std::error_code ignored;
    // Reading a pipe changes its time.
    const auto time = part.size == 0 ? 0 : fs::last_write_time(part.file, ignored).time_since_epoch().count();
    text += part.file.empty() ? fmt::format("stories {}\n", part.stories)
                              : fmt::format("{} {} {}\n", fs::absolute(part.file).string(), part.size, time);
  }
  return hash_string(text);
}

DataDescription prepare_with_progress(const CorpusOptions& corpus, const Tokenizer& tokenizer,
                                      const PrepareOptions& options, ThreadPool& pool, Log& log) {
  using Clock = std::chrono::steady_clock;
  const StopSignal handlers;
  const auto start = Clock::now();
  const auto seconds = [&] { return std::max(1e-9, std::chrono::duration<double>(Clock::now() - start).count()); };
  const auto stop_if_asked = [] {
    const int signal = StopSignal::received();
    if (signal != 0)
      throw Stopped(signal, fmt::format("stopped by {} while the data were prepared; nothing of them was kept",
                                        StopSignal::name_of(signal)));
  };
  PrepareProgress last;
  std::atomic<std::uint64_t> text_bytes{0};  // `last` is not for the thread that reads
  CorpusOptions ticking = corpus;
  ticking.tick = [&](const StreamProgress& at) {
    stop_if_asked();
    if (seconds() < kQuietSeconds) return;
    const double share = at.total == 0 ? 1 : static_cast<double>(at.bytes) / static_cast<double>(at.total);
    log.progress(ReadingProgress{.title = "Encoding",
                                 .at = at,
                                 .bytes_per_s = static_cast<double>(text_bytes) / seconds(),
                                 .eta_seconds = share > 0 ? seconds() / share - seconds() : 0});
  };
  const auto stream = open_documents(ticking, [&](std::string_view text) { log.warning(text); });
  PrepareOptions checked = options;
  checked.check = [&] {
    if (hash_sources(corpus, options.validation_fraction, options.seed) != options.sources_hash)
      throw Error(Fault::run, "the data have changed while they were read",
                  fmt::format("{}", fmt::join(options.sources, ", ")), "start again when they are at rest");
  };
  const auto count = [&](const PrepareProgress& progress) {
    last = progress;
    text_bytes = progress.text_bytes;
  };
  const auto data = prepare_data(*stream, tokenizer, checked, pool, StopSignal::received(), count);
  if (!data) stop_if_asked();
  log.info(fmt::format("data: {} documents, {} of text, {} tokens in {:.1f} s", last.documents,
                       readable_bytes(last.text_bytes), last.tokens, seconds()));
  return *data;
}

RunData::RunData(const RunConfig& config, Log& log) : config_(config), log_(log) {
  const std::vector<double>& weights = config.data.weights.value;
  for (std::size_t i = 0; i < config.data.source.value.size(); ++i) {
    Source source = recognise(config.data.source.value[i]);
    if (!weights.empty()) source.weight = weights[i];
    const auto same = std::ranges::find(sources_, source.kind, &Source::kind);
    // Texts that are no parts of a mixture are one corpus; so are files of tokens, of which some validate.
    if (weights.empty() && source.kind != Kind::prepared && same != sources_.end()) {
      same->names.push_back(source.names.front());
      same->files.insert(same->files.end(), source.files.begin(), source.files.end());
    } else {
      sources_.push_back(std::move(source));
    }
  }
  for (Source& source : sources_) {
    if (source.kind != Kind::text) continue;
    source.corpus = corpus_options(config, source.names, 1);
    source.corpus.sample_bound = std::make_shared<std::optional<std::uint64_t>>();
    source.hash = hash_sources(source.corpus, config.data.validation_fraction, config.run.seed);
  }
}

RunData::~RunData() {
  std::error_code ignored;
  for (const fs::path& folder : made_) {
    fs::remove_all(folder, ignored);
    fs::remove(folder.parent_path(), ignored);  // if nothing else is in it
  }
}

bool RunData::is_text() const {
  return std::ranges::all_of(sources_, [](const Source& source) { return source.kind == Kind::text; });
}

RunData::Source RunData::recognise(const std::string& name) const {
  if (is_prepared(name)) return {.kind = Kind::prepared, .names = {name}};
  const std::vector<fs::path> files = find_corpus_files(corpus_options(config_, {name}, 1));
  const auto is_bin = [](const fs::path& file) { return file.extension() == ".bin"; };
  if (!files.empty() && std::ranges::all_of(files, is_bin))
    return {.kind = Kind::token_files, .names = {name}, .files = files};
  return {.kind = Kind::text, .names = {name}};
}

std::unique_ptr<Tokenizer> RunData::make_tokenizer(std::size_t vocab_size, ThreadPool& pool) const {
  RunConfig config = config_;
  for (const Source& source : sources_) {
    const fs::path file = fs::path(source.names.front()) / "tokenizer.json";
    std::error_code ignored;
    if (config.tokenizer.file.value.empty() && source.kind == Kind::prepared && fs::exists(file, ignored))
      config.tokenizer.file.value = file.string();
  }
  std::vector<OpenDocuments> texts;
  for (const Source& source : sources_) {
    if (source.kind != Kind::text) continue;
    texts.push_back([this, &source, threads = pool.threads()](const ReadTick& tick) {
      CorpusOptions corpus = source.corpus;
      corpus.threads = threads;
      corpus.tick = tick;
      return training_documents(open_documents(corpus, nullptr), config_.data.validation_fraction, config_.run.seed);
    });
  }
  if (texts.empty() && config.tokenizer.file.value.empty())
    throw Error(Fault::usage, "there is no text to learn a tokenizer from",
                fmt::format("{}", fmt::join(config_.data.source.value, ", ")),
                "set tokenizer.file to the tokenizer.json that made these tokens");
  const auto open = [&](const ReadTick& tick) { return std::make_unique<ChainedDocuments>(texts, tick); };
  return make_run_tokenizer(config, vocab_size, open, pool, log_);
}

DataDescription RunData::prepare(const Source& source, const Tokenizer& tokenizer, const fs::path& out,
                                 bool with_tokenizer, ThreadPool& pool) {
  CorpusOptions corpus = source.corpus;
  corpus.threads = pool.threads();
  return prepare_with_progress(corpus, tokenizer,
                               {.out = out,
                                .sources = source.names,
                                .sources_hash = source.hash,
                                .validation_fraction = config_.data.validation_fraction,
                                .seed = config_.run.seed,
                                .with_tokenizer = with_tokenizer},
                               pool, log_);
}

DataDescription RunData::prepare(const Tokenizer& tokenizer, const fs::path& out, ThreadPool& pool) {
  return prepare(sources_.front(), tokenizer, out, true, pool);
}

TokenSets RunData::open_text(const Source& source, const Tokenizer& tokenizer, const fs::path& cache,
                             TemporaryCache* scratch, ThreadPool& pool) {
  const std::string name = fmt::format("{:016x}", hash_string(fmt::format("{} {}", source.hash, tokenizer.hash())));
  used_.push_back(name);
  if (is_prepared(cache / name)) return open_prepared(cache / name, read_description(cache / name), pool);
  const fs::path folder = (scratch ? scratch->path() : cache) / name;
  made_.push_back(folder);
  return open_prepared(folder, prepare(source, tokenizer, folder, false, pool), pool);
}

TokenSets RunData::open_source(const Source& source, const Tokenizer& tokenizer, const fs::path& cache,
                               TemporaryCache* scratch, ThreadPool& pool) {
  if (source.kind == Kind::text) return open_text(source, tokenizer, cache, scratch, pool);
  if (source.kind == Kind::token_files)
    return open_token_files(source.files, tokenizer.vocab_size(), tokenizer.end_of_text(),
                            config_.data.validation_fraction, pool);
  const DataDescription data = read_description(source.names.front());
  check_same_tokenizer(data.identity, tokenizer, source.names.front());
  return open_prepared(source.names.front(), data, pool);
}

RunTokens RunData::open(const Tokenizer& tokenizer, const fs::path& cache, TemporaryCache* scratch, ThreadPool& pool) {
  RunTokens tokens;
  const bool is_mixture = !config_.data.weights.value.empty();
  for (const Source& source : sources_) {
    TokenSets sets = open_source(source, tokenizer, cache, scratch, pool);
    tokens.validation.append(sets.validation);
    if (tokens.train.empty() || is_mixture)
      tokens.train.push_back({std::move(sets.train), source.weight});
    else
      tokens.train.front().tokens.append(sets.train);
  }
  return tokens;
}

void RunData::keep(const fs::path& cache) {
  made_.clear();
  std::vector<fs::path> unused;
  std::error_code ignored;
  for (fs::directory_iterator entry(cache, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    // A run's folder may be one that has something else of this name.
    if (is_cache_name(name) && std::ranges::find(used_, name) == used_.end()) unused.push_back(entry->path());
  }
  for (const fs::path& path : unused) fs::remove_all(path, ignored);
}

}  // namespace diecast
