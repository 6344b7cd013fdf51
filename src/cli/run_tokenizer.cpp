#include "cli/run_tokenizer.hpp"

#include <string>

#include <fmt/format.h>

#include <diecast/core/byte_size.hpp>
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/load.hpp>

#include "cli/learn_tokenizer.hpp"

namespace diecast {

std::unique_ptr<Tokenizer> make_run_tokenizer(const RunConfig& config, std::size_t vocab_size,
                                              const OpenDocuments& documents, ThreadPool& pool, Log& log) {
  const std::string& file = config.tokenizer.file.value;
  if (file.empty())
    return learn_tokenizer({.kind = config.tokenizer.kind.value,
                            .size = vocab_size,
                            .memory = parse_byte_size(config.tokenizer.memory.value).value_or(0)},
                           documents, pool, log);
  auto tokenizer = load_tokenizer(file);
  const Text& kind = config.tokenizer.kind;
  if (kind.where != "default" && kind.value != tokenizer->kind())
    throw Error(Fault::usage,
                fmt::format("tokenizer.kind is {}, but {} is of kind {}", kind.value, file, tokenizer->kind()), kind.where,
                "leave it out or take another file");
  if (tokenizer->vocab_size() > vocab_size)
    throw Error(Fault::usage,
                fmt::format("a vocabulary of {} tokens is too large for this binary, which was built for {}",
                            tokenizer->vocab_size(), vocab_size),
                file, "take a smaller one or the binary of another preset");
  return tokenizer;
}

}  // namespace diecast
