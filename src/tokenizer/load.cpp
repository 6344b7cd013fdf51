#include <diecast/tokenizer/load.hpp>

#include <string>
#include <utility>
#include <vector>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_tokenizer.hpp>
#include <diecast/tokenizer/tokenizer_json.hpp>

#include "core/durable_file.hpp"
#include "core/json_text.hpp"
#include "tokenizer/json_parts.hpp"
#include "tokenizer/word_level_json.hpp"


namespace diecast {
namespace {

// The byte kind is stored as BPE without merges.
BpeTokenizer as_bpe(const ByteTokenizer& tokenizer) {
  std::vector<std::string> vocabulary;
  for (Token token = 0; token < tokenizer.vocab_size(); ++token)
    vocabulary.emplace_back(tokenizer.token_text(token));
  return BpeTokenizer(std::move(vocabulary), {}, tokenizer.end_of_text());
}

bool is_byte_tokenizer(const BpeTokenizer& bpe) {
  const ByteTokenizer bytes;
  if (!bpe.merges().empty() || bpe.vocab_size() != bytes.vocab_size() || bpe.end_of_text() != bytes.end_of_text())
    return false;
  for (Token token = 0; token < bytes.vocab_size(); ++token)
    if (bpe.token_text(token) != bytes.token_text(token)) return false;
  return true;
}

}  // namespace

OrderedJson special_token(Token id, std::string_view content) {
  return {{"id", id},           {"content", content}, {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

void write_tokenizer(const OrderedJson& json, const std::filesystem::path& path) {
  try {
    replace_file(path, json_text(json, 2) + '\n');
  } catch (const Error& error) {
    throw Error(Fault::run, std::string("cannot write the tokenizer: ") + error.what(), {},
                "choose a folder that exists and has room");
  }
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  const TokenizerFile file(path);
  const Json& type = file.value("/model/type");
  if (type == "WordLevel") return read_word_level(file);
  if (type != "BPE")
    file.refuse("Diecast knows no such tokenizer", "/model/type", R"(use one that has "BPE" or "WordLevel" there)");
  BpeTokenizer bpe = read_bpe(file);
  if (is_byte_tokenizer(bpe)) return std::make_unique<ByteTokenizer>();
  return std::make_unique<BpeTokenizer>(std::move(bpe));
}

void save_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& path) {
  if (const auto* bpe = dynamic_cast<const BpeTokenizer*>(&tokenizer))
    save_tokenizer_json(*bpe, path);
  else if (const auto* bytes = dynamic_cast<const ByteTokenizer*>(&tokenizer))
    save_tokenizer_json(as_bpe(*bytes), path);
  else
    write_tokenizer(word_level_json(tokenizer), path);
}

}  // namespace diecast
