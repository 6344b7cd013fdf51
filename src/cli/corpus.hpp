#pragma once

#include <string>
#include <vector>

#include <diecast/config/run_config.hpp>
#include <diecast/data/token_corpus.hpp>
#include <diecast/report/log.hpp>
#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// The documents of [data]; what is odd about them becomes a warning.
std::vector<std::string> read_run_documents(const RunConfig& config, Log& log);

/// The tokenizer of `tokenizer.file`, or one trained on the documents that training will see, of up to
/// `vocab_size` tokens. Throws Error(Fault::usage) when the file's vocabulary is larger.
BpeTokenizer make_tokenizer(const RunConfig& config, const std::vector<std::string>& documents,
                            std::size_t vocab_size, Log& log);

}  // namespace diecast
