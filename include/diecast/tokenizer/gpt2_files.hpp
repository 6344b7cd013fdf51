#pragma once

#include <filesystem>

#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// The tokenizer of GPT-2's two files: a JSON object from spelling to id (vocab.json; OpenAI: encoder.json) and a text
/// with a merge, `left right`, on each line (merges.txt; vocab.bpe). Throws Error(Fault::usage) with the place, a JSON
/// pointer or a line, of what is wrong.
BpeTokenizer load_gpt2_files(const std::filesystem::path& vocabulary, const std::filesystem::path& merges);

}  // namespace diecast
