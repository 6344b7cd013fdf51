#pragma once

#include <memory>

#include <diecast/core/thread_pool.hpp>
#include <diecast/data/document_stream.hpp>
#include <diecast/report/log.hpp>
#include <diecast/tokenizer/vocabulary_builder.hpp>

#include "cli/run_tokenizer.hpp"

namespace diecast {

/// Learns a tokenizer from all of `documents`; progress and what came of it go to the log. Throws Stopped on SIGINT,
/// SIGTERM and SIGHUP.
std::unique_ptr<Tokenizer> learn_tokenizer(const VocabularyOptions& options, const OpenDocuments& documents,
                                           ThreadPool& pool, Log& log);

}  // namespace diecast
