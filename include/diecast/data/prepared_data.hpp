#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/core/token.hpp>
#include <diecast/data/document_stream.hpp>
#include <diecast/data/token_set.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// What the tokens of a shard mean and what they were made from.
struct ShardIdentity {
  std::string tokenizer_kind;  ///< at most 15 letters
  std::uint64_t tokenizer_hash = 0;
  std::uint64_t vocab_size = 0;
  Token end_of_text = 0;
  std::uint64_t sources_hash = 0;

  bool operator==(const ShardIdentity&) const = default;
};

/// A shard as data.json lists it.
struct ShardEntry {
  std::string file;
  std::uint64_t tokens = 0, documents = 0, text_bytes = 0;

  bool operator==(const ShardEntry&) const = default;
};

/// What data.json says of a folder of prepared data.
struct DataDescription {
  ShardIdentity identity;
  std::vector<std::string> sources;  ///< for people
  double validation_fraction = 0;
  std::uint64_t seed = 0;
  std::vector<ShardEntry> train{}, validation{};
};

/// What to prepare, and where.
struct PrepareOptions {
  std::filesystem::path out;         ///< must not exist, or be an empty folder that can be replaced
  std::vector<std::string> sources;  ///< for people
  std::uint64_t sources_hash = 0;    ///< equal for equal documents
  double validation_fraction = 0;    ///< of the documents
  std::uint64_t seed = 0;            ///< of their choice
  bool with_tokenizer = false;       ///< also write OUT/tokenizer.json
  std::function<void()> check = {};  ///< called when all is written; what it throws leaves nothing
};

struct PrepareProgress {
  StreamProgress input;
  std::uint64_t documents = 0, tokens = 0, text_bytes = 0;
};

/// Sees that a folder can be made, before work is spent on it; an empty one is taken away. Throws Error(Fault::usage)
/// when there is something in it, or it is a link, a mount point or the current folder.
void make_way(const std::filesystem::path& out);

/// Encodes documents in their order on all threads of `pool` and writes them as memory-mapped shards:
///
///     OUT/train-00000.shard ...       up to 2^28 tokens and 2^20 documents each; see src/data/token_shard.hpp
///     OUT/validation-00000.shard ...  what `DocumentChunks` keeps
///     OUT/data.json                   the description
///
/// They are written into `.tmp-NAME` beside OUT and synced before the folder gets its name: whenever the process or the
/// machine stops, OUT is whole or not there, and the next call removes what was left. Memory: two chunks of
/// `DocumentChunks`, the tokens of one, and the document tables and names of two shards, of which the one that ends is
/// copied. `progress` is called after each chunk, while another thread reads the next one. Returns nothing, and leaves
/// nothing, when `stop` becomes a signal. Throws Error(Fault::usage) when OUT exists or another
/// process prepares it, Error(Fault::run) when writing fails, and what reading throws.
std::optional<DataDescription> prepare_data(DocumentStream& documents, const Tokenizer& tokenizer,
                                            const PrepareOptions& options, ThreadPool& pool,
                                            const std::atomic<int>& stop,
                                            const std::function<void(const PrepareProgress&)>& progress);

/// Whether this is a folder that `prepare_data` has made.
bool is_prepared(const std::filesystem::path& folder);

/// What data.json holds.
std::string to_json(const DataDescription& data);

/// Throws Error(Fault::usage) when there is none, Error(Fault::run) when it is damaged.
DataDescription read_description(const std::filesystem::path& folder);

/// The tokens of a folder or of files.
struct TokenSets {
  TokenSet train, validation;
};

/// Maps all shards of a prepared folder and verifies every block of them, on all threads. Throws Error(Fault::run) for
/// what is damaged or missing.
TokenSets open_prepared(const std::filesystem::path& folder, const DataDescription& description, ThreadPool& pool);

/// Maps .bin files of nanoGPT or llm.c, in their order. Those called `val.bin` or `*_val_*` validate; if there are none,
/// the last `validation_fraction` of the tokens do, from the first document on that begins in the first half of them.
/// Throws Error(Fault::usage) for a file that is none or whose ids are not below `vocab_size`.
TokenSets open_token_files(std::span<const std::filesystem::path> files, std::uint64_t vocab_size, Token end_of_text,
                           double validation_fraction, ThreadPool& pool);

}  // namespace diecast
