#include <diecast/data/prepared_data.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/data/validation_split.hpp>
#include <diecast/tokenizer/load.hpp>

#include "core/durable_file.hpp"
#include "core/json_text.hpp"
#include "core/read_file.hpp"
#include "data/token_shard.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;
using DataJson = nlohmann::ordered_json;

constexpr std::string_view kDataFile = "data.json";
constexpr std::string_view kDataFormat = "diecast data 1";
// A shard's document table is in memory while it is written.
constexpr std::uint64_t kMostShardTokens = std::uint64_t{1} << 28, kMostShardDocuments = std::uint64_t{1} << 20;

// ---- data.json

std::string hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::uint64_t from_hex(const std::string& text) {
  std::uint64_t hash = 0;
  std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  return hash;
}

DataJson json_of(const std::vector<ShardEntry>& entries) {
  DataJson json = DataJson::array();
  for (const ShardEntry& entry : entries)
    json.push_back({{"file", entry.file},
                    {"tokens", entry.tokens},
                    {"documents", entry.documents},
                    {"text_bytes", entry.text_bytes}});
  return json;
}

std::vector<ShardEntry> entries_of(const DataJson& json) {
  std::vector<ShardEntry> entries;
  for (const DataJson& entry : json)
    entries.push_back({entry.at("file"), entry.at("tokens"), entry.at("documents"), entry.at("text_bytes")});
  return entries;
}

// ---- writing

// Without a dot in it, nor a slash at its end.
fs::path whole_path(const fs::path& folder) {
  const fs::path path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

// The folder that data are written into. Locked while it is; gone with this unless it was published.
class TemporaryData {
 public:
  explicit TemporaryData(const fs::path& out) : out_(whole_path(out)) {
    path_ = out_.parent_path() / (".tmp-" + out_.filename().string());
    std::error_code error;
    make_way(out_);
    fs::create_directories(path_, error);
    if (error) throw Error(Fault::usage, "cannot create the folder: " + error.message(), path_.string());
    lock_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Any other error is of a file system that cannot lock folders.
    if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(lock_);
      throw Error(Fault::usage, "another process is preparing this folder", out.string(), "wait for its end");
    }
    for (const auto& left : fs::directory_iterator(path_, error)) fs::remove_all(left.path(), error);
  }
  ~TemporaryData() {
    std::error_code ignored;
    if (!published_) fs::remove_all(path_, ignored);
    if (lock_ >= 0) ::close(lock_);
  }
  TemporaryData(const TemporaryData&) = delete;
  TemporaryData& operator=(const TemporaryData&) = delete;

  const fs::path& path() const { return path_; }

  void publish() {
    sync_folder(path_);
    std::error_code error;
    fs::rename(path_, out_, error);
    if (error)
      throw Error(Fault::run, "cannot give the folder its name: " + error.message(), out_.string(),
                  "choose another one");
    published_ = true;
    sync_folder(out_.parent_path());
  }

 private:
  fs::path out_, path_;
  int lock_ = -1;
  bool published_ = false;
};

// The shards of one set, `NAME-00000.shard` and on.
class SetWriter {
 public:
  SetWriter(fs::path folder, std::string name, const ShardIdentity& identity)
      : folder_(std::move(folder)), name_(std::move(name)), identity_(identity) {}

  void add(std::span<const Token> tokens, const Document& document, std::uint64_t text_bytes) {
    if (tokens.empty()) return;
    // What was cut off its end is parted from what follows.
    if (shard_ && last_ != identity_.end_of_text) {
      shard_->extend(identity_.end_of_text);
      ++entries_.back().tokens;
    }
    if (shard_ && (shard_->size() + tokens.size() > kMostShardTokens ||
                   entries_.back().documents == kMostShardDocuments))
      end_shard();
    if (!shard_) {
      entries_.push_back({.file = fmt::format("{}-{:05}.shard", name_, entries_.size())});
      shard_ = std::make_unique<ShardWriter>(folder_ / entries_.back().file, identity_);
    }
    shard_->add(tokens, document.name, document.id, text_bytes);
    last_ = tokens.back();
    ShardEntry& entry = entries_.back();
    entry.tokens += tokens.size();
    entry.text_bytes += text_bytes;
    ++entry.documents;
  }

  std::vector<ShardEntry> close() {
    end_shard();
    return std::move(entries_);
  }

 private:
  void end_shard() {
    if (shard_) shard_->close();
    shard_.reset();
  }

  fs::path folder_;
  std::string name_;
  ShardIdentity identity_;
  std::unique_ptr<ShardWriter> shard_;
  Token last_ = 0;
  std::vector<ShardEntry> entries_;
};

// documents -> tokens, one task a document, each ending in end-of-text.
void encode_chunk(const DocumentChunk& chunk, const Tokenizer& tokenizer, ThreadPool& pool, const std::atomic<int>& stop,
                  std::vector<std::vector<Token>>& encoded) {
  encoded.resize(std::max(encoded.size(), chunk.documents.size()));
  pool.run(chunk.documents.size(), [&](std::size_t i, std::size_t) {
    encoded[i].clear();
    if (stop != 0) return;
    tokenizer.encode(chunk.documents[i].text, encoded[i]);
    encoded[i].push_back(tokenizer.end_of_text());
  });
}

void write_chunk(const DocumentChunk& chunk, const std::vector<std::vector<Token>>& encoded, SetWriter& train,
                 SetWriter& validation, PrepareProgress& progress) {
  for (std::size_t i = 0; i < chunk.documents.size(); ++i) {
    const std::span<const Token> tokens = encoded[i];
    const Document& document = chunk.documents[i];
    const std::size_t to_train = chunk.split.tokens_to_train(i, tokens.size());
    const std::uint64_t bytes = document.text.size(), train_bytes = bytes * to_train / tokens.size();
    train.add(tokens.first(to_train), document, train_bytes);
    validation.add(tokens.subspan(to_train), document, bytes - train_bytes);
    ++progress.documents;
    progress.tokens += tokens.size();
    progress.text_bytes += bytes;
  }
}

// False when a signal came. The next chunk is read while one is encoded and written.
bool write_shards(DocumentStream& documents, const Tokenizer& tokenizer, const PrepareOptions& options, ThreadPool& pool,
                  const std::atomic<int>& stop, const std::function<void(const PrepareProgress&)>& report,
                  SetWriter& train, SetWriter& validation) {
  DocumentChunks chunks(documents, options.validation_fraction, options.seed);
  DocumentChunk chunk, ahead;
  std::vector<std::vector<Token>> encoded;
  PrepareProgress progress;
  for (bool more = chunks.next(chunk); more;) {
    progress.input = documents.progress();  // nobody reads now
    auto reading = std::async(std::launch::async, [&] { return chunks.next(ahead); });
    encode_chunk(chunk, tokenizer, pool, stop, encoded);
    if (stop != 0) return false;
    write_chunk(chunk, encoded, train, validation, progress);
    report(progress);
    more = reading.get();
    std::swap(chunk, ahead);
  }
  if (progress.documents == 0)
    throw Error(Fault::usage, "there is no text in the data", fmt::format("{}", fmt::join(options.sources, ", ")),
                "give files with text");
  return stop == 0;
}

}  // namespace

void make_way(const fs::path& out) {
  std::error_code ignored;
  if (fs::exists(out, ignored) && !(fs::is_directory(out, ignored) && fs::is_empty(out, ignored)))
    throw Error(Fault::usage, "there is something here already", out.string(), "choose another folder or delete it");
  const fs::path path = whole_path(out);
  if (!fs::exists(fs::symlink_status(path, ignored))) return;
  std::string why;
  if (fs::equivalent(path, ".", ignored))
    why = "it is the current one";
  else if (rmdir(path.c_str()) != 0)
    why = fs::is_symlink(path, ignored) ? "it is a link" : std::generic_category().message(errno);
  if (!why.empty())
    throw Error(Fault::usage, "cannot replace this folder: " + why, out.string(), "name one that does not exist yet");
}

std::optional<DataDescription> prepare_data(DocumentStream& documents, const Tokenizer& tokenizer,
                                            const PrepareOptions& options, ThreadPool& pool,
                                            const std::atomic<int>& stop,
                                            const std::function<void(const PrepareProgress&)>& progress) {
  TemporaryData folder(options.out);
  std::optional<DataDescription> written;
  try {
    DataDescription data{.identity = {.tokenizer_kind = std::string(tokenizer.kind()),
                                      .tokenizer_hash = tokenizer.hash(),
                                      .vocab_size = tokenizer.vocab_size(),
                                      .end_of_text = tokenizer.end_of_text(),
                                      .sources_hash = options.sources_hash},
                         .sources = options.sources,
                         .validation_fraction = options.validation_fraction,
                         .seed = options.seed};
    SetWriter train(folder.path(), "train", data.identity), validation(folder.path(), "validation", data.identity);
    if (!write_shards(documents, tokenizer, options, pool, stop, progress, train, validation)) return {};
    data.train = train.close();
    data.validation = validation.close();
    if (options.with_tokenizer) save_tokenizer(tokenizer, folder.path() / "tokenizer.json");
    replace_file(folder.path() / kDataFile, to_json(data) + '\n');
    written = std::move(data);
  } catch (const Error& error) {
    if (error.fault() != Fault::run) throw;
    throw Error(Fault::run, std::string("cannot prepare the data: ") + error.what(), {},
                "see that there is room; nothing was left behind");
  }
  if (options.check) options.check();
  folder.publish();
  return written;
}

// ---- reading

std::string to_json(const DataDescription& data) {
  const DataJson json{{"format", kDataFormat},
                      {"tokenizer",
                       {{"kind", data.identity.tokenizer_kind},
                        {"vocab_size", data.identity.vocab_size},
                        {"end_of_text", data.identity.end_of_text},
                        {"hash", hex(data.identity.tokenizer_hash)}}},
                      {"sources", data.sources},
                      {"sources_hash", hex(data.identity.sources_hash)},
                      {"validation_fraction", data.validation_fraction},
                      {"seed", data.seed},
                      {"train", json_of(data.train)},
                      {"validation", json_of(data.validation)}};
  // A source's name may be no UTF-8.
  return json_text(json, 2);
}

bool is_prepared(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kDataFile, ignored);
}

DataDescription read_description(const fs::path& folder) {
  const fs::path path = folder / kDataFile;
  if (!is_prepared(folder))
    throw Error(Fault::usage, "there are no prepared data here: no data.json", folder.string(),
                "give a folder that `data prepare` has made");
  const DataJson json = parse_json(read_text(path));
  try {
    if (json.at("format") != kDataFormat)
      throw Error(Fault::usage, "the data are of another version of Diecast: " + json_text(json["format"]), path.string(),
                  "prepare them again");
    const DataJson& tokenizer = json.at("tokenizer");
    return {.identity = {.tokenizer_kind = tokenizer.at("kind"),
                         .tokenizer_hash = from_hex(tokenizer.at("hash")),
                         .vocab_size = tokenizer.at("vocab_size"),
                         .end_of_text = tokenizer.at("end_of_text"),
                         .sources_hash = from_hex(json.at("sources_hash"))},
            .sources = json.at("sources"),
            .validation_fraction = json.at("validation_fraction"),
            .seed = json.at("seed"),
            .train = entries_of(json.at("train")),
            .validation = entries_of(json.at("validation"))};
  } catch (const nlohmann::json::exception&) {
    throw Error(Fault::run, "the file is damaged", path.string(), "prepare the data again");
  }
}

namespace {

TokenSet open_set(const fs::path& folder, const std::vector<ShardEntry>& entries, const ShardIdentity& identity,
                  ThreadPool& pool) {
  TokenSet set;
  for (const ShardEntry& entry : entries) {
    const fs::path path = folder / entry.file;
    std::error_code error;
    if (!fs::is_regular_file(path, error))
      throw Error(Fault::run, "a shard that data.json lists is not there", path.string(), "prepare the data again");
    const auto shard = std::make_shared<TokenShard>(path);
    if (shard->format() != TokenShard::Format::diecast || shard->identity() != identity ||
        ShardEntry{entry.file, shard->size(), shard->documents(), shard->text_bytes()} != entry)
      throw Error(Fault::run, "the shard is not the one that data.json lists", path.string(), "prepare the data again");
    shard->verify(pool, identity.vocab_size);
    set.append(shard, 0, shard->size());
  }
  return set;
}

bool validates(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "val.bin" || name.find("_val_") != std::string::npos;
}

// The first token of a document that begins after one of `from` ... `to` - 1; `from` itself if none does.
std::uint64_t next_document(const TokenSet& tokens, std::uint64_t from, std::uint64_t to, Token end_of_text) {
  std::vector<Token> piece;
  for (std::uint64_t first = from; first < to; first += piece.size()) {
    piece.resize(std::min<std::uint64_t>(1 << 16, to - first));
    tokens.copy(first, piece);
    const auto found = std::ranges::find(piece, end_of_text);
    if (found != piece.end()) return first + static_cast<std::uint64_t>(found - piece.begin()) + 1;
  }
  return from;
}

}  // namespace

TokenSets open_prepared(const fs::path& folder, const DataDescription& description, ThreadPool& pool) {
  return {open_set(folder, description.train, description.identity, pool),
          open_set(folder, description.validation, description.identity, pool)};
}

TokenSets open_token_files(std::span<const fs::path> files, std::uint64_t vocab_size, Token end_of_text,
                           double validation_fraction, ThreadPool& pool) {
  TokenSets sets;
  for (const fs::path& file : files) {
    const auto shard = std::make_shared<TokenShard>(file);
    shard->verify(pool, vocab_size);
    (validates(file) ? sets.validation : sets.train).append(shard, 0, shard->size());
  }
  const std::uint64_t all = sets.train.size();
  if (sets.validation.size() > 0 || validation_fraction <= 0 || all < 4) return sets;
  const auto share = static_cast<std::uint64_t>(validation_fraction * static_cast<double>(all));
  const std::uint64_t kept = std::max<std::uint64_t>(share, 2), from = all - kept;
  // Half of it stays, and a token to predict with one before it.
  const std::uint64_t cut = next_document(sets.train, from, from + std::min(kept / 2, kept - 2), end_of_text);
  return {sets.train.part(0, cut), sets.train.part(cut, all - cut)};
}

}  // namespace diecast
