#pragma once

#include <memory>
#include <string_view>

#include <diecast/tokenizer/tokenizer.hpp>

#include "tokenizer/json_parts.hpp"

namespace diecast {

/// A word or char tokenizer of a tokenizer.json whose model is WordLevel. Throws Error(Fault::usage) if it encodes as
/// neither does.
std::unique_ptr<Tokenizer> read_word_level(const TokenizerFile& file);

/// A word or char tokenizer as the file that Hugging Face's `tokenizers` reads and encodes alike with.
OrderedJson word_level_json(const Tokenizer& tokenizer);

}  // namespace diecast
