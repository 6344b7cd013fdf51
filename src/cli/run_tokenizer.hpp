#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <diecast/config/run_config.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/data/document_stream.hpp>
#include <diecast/report/log.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// Opens the documents that training will see, from the first one. Reading them tells `tick`.
using OpenDocuments = std::function<std::unique_ptr<DocumentStream>(const ReadTick& tick)>;

/// The tokenizer of `tokenizer.file`, or one of `tokenizer.kind` learnt from `documents`, of up to `vocab_size` tokens
/// and within `tokenizer.memory`; progress goes to the log. Throws Error(Fault::usage) when the file's vocabulary is
/// larger or it is of another kind than was asked for.
std::unique_ptr<Tokenizer> make_run_tokenizer(const RunConfig& config, std::size_t vocab_size,
                                              const OpenDocuments& documents, ThreadPool& pool, Log& log);

}  // namespace diecast
