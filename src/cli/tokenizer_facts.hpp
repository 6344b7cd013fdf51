#pragma once

#include <filesystem>
#include <string>

#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// The tokenizer.json that `file_or_run` is or, if it is a folder, holds.
std::filesystem::path tokenizer_path(const std::string& file_or_run);

/// Prints what a tokenizer is and, unless `text` is empty, how it encodes the content of that file.
void print_tokenizer_facts(const Tokenizer& tokenizer, const std::string& text, bool json);

}  // namespace diecast
