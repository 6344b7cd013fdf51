#include "cli/corpus.hpp"

#include <chrono>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/data/documents.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/tokenizer_json.hpp>

namespace diecast {
namespace {

// What `builtin:stories` is without a number: about 2 million tokens.
constexpr std::uint64_t kStories = 10000;

// The validation set must stay unseen.
BpeTokenizer train_tokenizer(const RunConfig& config, const std::vector<std::string>& documents,
                             std::size_t vocab_size) {
  const ValidationSplit split =
      choose_validation(documents, config.data.validation_fraction, config.run.seed);
  std::vector<std::string_view> texts;
  for (std::size_t i = 0; i < documents.size(); ++i)
    if (!split.whole[i]) texts.push_back(text_to_train(split, documents, i));
  ThreadPool pool(config.run.threads);
  PieceCounter pieces(Cut::gpt2, pool);
  pieces.add(texts);
  return train_bpe(pieces, vocab_size);
}

}  // namespace

std::vector<std::string> read_run_documents(const RunConfig& config, Log& log) {
  const DocumentSource source{.source = config.data.source.value,
                              .pattern = config.data.pattern.value,
                              .stories = kStories,
                              .seed = config.run.seed};
  return read_documents(source, [&](std::string_view text) { log.warning(text); });
}

BpeTokenizer make_tokenizer(const RunConfig& config, const std::vector<std::string>& documents,
                            std::size_t vocab_size, Log& log) {
  const std::string& file = config.tokenizer.file.value;
  if (!file.empty()) {
    BpeTokenizer tokenizer = load_tokenizer_json(file);
    if (tokenizer.vocab_size() > vocab_size)
      throw Error(
          Fault::usage,
          fmt::format("a vocabulary of {} tokens is too large for this binary, which was built for {}",
                      tokenizer.vocab_size(), vocab_size),
          file, "take a smaller one or the binary of another preset");
    return tokenizer;
  }
  std::size_t bytes = 0;
  for (const std::string& document : documents) bytes += document.size();
  log.info(fmt::format("tokenizer: learning up to {} tokens from {} documents, {}", vocab_size,
                       documents.size(), readable_bytes(bytes)));
  const auto start = std::chrono::steady_clock::now();
  BpeTokenizer tokenizer = train_tokenizer(config, documents, vocab_size);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  log.info(fmt::format("tokenizer: {} tokens in {:.1f} s", tokenizer.vocab_size(), taken.count()));
  return tokenizer;
}

}  // namespace diecast
