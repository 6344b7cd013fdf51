#pragma once

#include <filesystem>

#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// Writes `tokenizer` as Hugging Face's tokenizer.json. The file appears whole or not at all: it is written
/// under a temporary name, synced and renamed. Throws Error(Fault::run).
void save_tokenizer_json(const BpeTokenizer& tokenizer, const std::filesystem::path& path);

/// Reads a tokenizer.json that encodes as GPT-2 does: model BPE over bytes, pre-tokenizer ByteLevel, no
/// normalizer, an added token "<|endoftext|>". Other added tokens are entries to which no text encodes.
/// Throws Error(Fault::usage) for any other file, with the JSON pointer of what is wrong.
BpeTokenizer load_tokenizer_json(const std::filesystem::path& path);

}  // namespace diecast
