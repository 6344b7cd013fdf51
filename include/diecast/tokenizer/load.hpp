#pragma once

#include <filesystem>
#include <memory>

#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// Reads a tokenizer.json of any kind that Diecast knows. Throws Error(Fault::usage) for any other file, with the JSON
/// pointer of what is wrong.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

/// Writes a tokenizer.json that `load_tokenizer` and Hugging Face's `tokenizers` read. The file appears whole or not at
/// all. Throws Error(Fault::run).
void save_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& path);

}  // namespace diecast
