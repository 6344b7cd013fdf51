#pragma once

#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include <diecast/core/token.hpp>
#include <diecast/tokenizer/bpe.hpp>

#include "tokenizer/tokenizer_file.hpp"

namespace diecast {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// An element of /added_tokens that stands for no text.
OrderedJson special_token(Token id, std::string_view content);

/// Writes a tokenizer.json: whole or not at all. Throws Error(Fault::run).
void write_tokenizer(const OrderedJson& json, const std::filesystem::path& path);

/// What `load_tokenizer_json` and `load_tokenizer` have in common.
BpeTokenizer read_bpe(const TokenizerFile& file);

}  // namespace diecast
