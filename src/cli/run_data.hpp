#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <diecast/config/run_config.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/data/batch_stream.hpp>
#include <diecast/data/corpus.hpp>
#include <diecast/data/prepared_data.hpp>
#include <diecast/data/token_set.hpp>
#include <diecast/report/log.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

#include "cli/run_tokenizer.hpp"
#include "cli/temporary_cache.hpp"

namespace diecast {

/// A run's data as tokens.
struct RunTokens {
  std::vector<MixturePart> train;
  TokenSet validation;

  std::uint64_t tokens_to_train() const;
  /// Of all parts; equal for equal tokens.
  std::uint64_t train_hash() const;
};

/// How a run makes batches of them.
BatchOptions batch_options(const RunConfig& config, const Tokenizer& tokenizer);

/// The corpus that [data] describes, read on up to `threads` threads.
CorpusOptions corpus_options(const RunConfig& config, std::vector<std::string> sources, std::size_t threads);

/// XXH3-64 of all that decides the documents of a corpus: files with their sizes and times, and how they are read.
/// Throws Error(Fault::usage) for a source that is not there.
std::uint64_t hash_sources(const CorpusOptions& options, double validation_fraction, std::uint64_t seed);

/// `prepare_data` with its progress on the log; stopped by a signal, it throws Stopped.
DataDescription prepare_with_progress(const CorpusOptions& corpus, const Tokenizer& tokenizer,
                                      const PrepareOptions& options, ThreadPool& pool, Log& log);

/// What the sources of [data] are: texts, folders of `data prepare` and files of tokens; and their tokens, which texts
/// are turned into once: they are kept in a cache, in a folder whose name is a hash of all they depend on.
class RunData {
 public:
  /// `log` must outlive this. Throws Error(Fault::usage) for a source that is not there.
  RunData(const RunConfig& config, Log& log);
  /// Takes away what it has put into a cache, unless `keep` was called.
  ~RunData();
  RunData(const RunData&) = delete;
  RunData& operator=(const RunData&) = delete;

  /// Whether none of it are tokens already.
  bool is_text() const;

  /// The tokenizer of `tokenizer.file`, else that of the first prepared folder, else one learnt from what is to train
  /// on. Throws Error(Fault::usage) when there is none or its vocabulary is larger.
  std::unique_ptr<Tokenizer> make_tokenizer(std::size_t vocab_size, ThreadPool& pool) const;

  /// Prepares texts that are no mixture for good, with the tokenizer beside them.
  DataDescription prepare(const Tokenizer& tokenizer, const std::filesystem::path& out, ThreadPool& pool);

  /// Throws Error(Fault::usage) for data of another tokenizer. Texts that `cache` does not have are prepared in
  /// `scratch`, or in the cache if that is null.
  RunTokens open(const Tokenizer& tokenizer, const std::filesystem::path& cache, TemporaryCache* scratch,
                 ThreadPool& pool);

  /// Makes what was prepared stay, and deletes from `cache` the tokens that were not used.
  void keep(const std::filesystem::path& cache);

 private:
  enum class Kind { text, prepared, token_files };
  struct Source {
    Kind kind = Kind::text;
    std::vector<std::string> names;
    double weight = 1;
    std::vector<std::filesystem::path> files{};  // of token_files
    CorpusOptions corpus{};                      // of text
    std::uint64_t hash = 0;                      // of the text before any of it is read
  };

  Source recognise(const std::string& name) const;
  DataDescription prepare(const Source& source, const Tokenizer& tokenizer, const std::filesystem::path& out,
                          bool with_tokenizer, ThreadPool& pool);
  TokenSets open_source(const Source& source, const Tokenizer& tokenizer, const std::filesystem::path& cache,
                        TemporaryCache* scratch, ThreadPool& pool);
  TokenSets open_text(const Source& source, const Tokenizer& tokenizer, const std::filesystem::path& cache,
                      TemporaryCache* scratch, ThreadPool& pool);

  RunConfig config_;
  Log& log_;
  std::vector<Source> sources_;
  std::vector<std::string> used_;             // names in the cache
  std::vector<std::filesystem::path> made_;  // folders that are new
};

}  // namespace diecast
