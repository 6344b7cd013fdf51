#include <diecast/tokenizer/tokenizer_json.hpp>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>

#include "core/durable_file.hpp"
#include "tokenizer/bpe_assembler.hpp"
#include "tokenizer/json_parts.hpp"
#include "tokenizer/tokenizer_file.hpp"

namespace diecast {
namespace {

struct Requirement {
  const char* pointer;
  Json accepted;  // array; null also stands for a missing key
};

// Every option that changes how a text encodes, with the values under which it encodes as BpeTokenizer does.
std::vector<Requirement> requirements() {
  return {
      {"/model/type", Json::array({"BPE"})},
      {"/model/dropout", Json::array({nullptr, 0.0})},
      {"/model/continuing_subword_prefix", Json::array({nullptr, ""})},
      {"/model/end_of_word_suffix", Json::array({nullptr, ""})},
      {"/model/byte_fallback", Json::array({false, nullptr})},
      {"/model/ignore_merges", Json::array({false, nullptr})},
      {"/normalizer", Json::array({nullptr})},
      {"/pre_tokenizer/type", Json::array({"ByteLevel"})},
      {"/pre_tokenizer/add_prefix_space", Json::array({false})},
      {"/pre_tokenizer/use_regex", Json::array({true, nullptr})},
  };
}

// The two tokens of ["a", "b"], or of "a b" as in older files.
std::pair<std::string, std::string> read_pair(const TokenizerFile& file, const Json& entry,
                                              const std::string& pointer) {
  if (entry.is_string()) {
    const auto text = entry.get<std::string>();
    const auto space = text.find(' ');
    if (space != text.npos) return {text.substr(0, space), text.substr(space + 1)};
  } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
    return {entry[0].get<std::string>(), entry[1].get<std::string>()};
  }
  file.refuse("a merge must be two tokens", pointer, R"(write ["a", "b"] or "a b")");
}

OrderedJson to_json(const BpeTokenizer& tokenizer) {
  const auto spelling = [&](Token token) { return spell_bytes(tokenizer.token_text(token)); };
  auto added = OrderedJson::array({special_token(tokenizer.end_of_text(), kEndOfText)});
  // Appended without the search for duplicates that operator[] makes, in quadratic time.
  OrderedJson::object_t vocabulary;
  std::unordered_set<std::string> spellings;
  for (Token id = 0; id < tokenizer.vocab_size(); ++id) {
    std::string key = spelling(id);
    if (spellings.insert(key).second)
      vocabulary.emplace_back(std::move(key), id);
    else  // was an added token, which may be the bytes of an entry
      added.push_back(special_token(id, tokenizer.token_text(id)));
  }
  auto merges = OrderedJson::array();
  for (const auto& merge : tokenizer.merges())
    merges.push_back(OrderedJson::array({spelling(merge.left), spelling(merge.right)}));

  const OrderedJson byte_level{
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  return {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", std::move(added)},
      {"normalizer", nullptr},
      {"pre_tokenizer", byte_level},
      {"post_processor", byte_level},
      {"decoder", byte_level},
      {"model",
       {{"type", "BPE"},
        {"dropout", nullptr},
        {"unk_token", nullptr},
        {"continuing_subword_prefix", nullptr},
        {"end_of_word_suffix", nullptr},
        {"fuse_unk", false},
        {"byte_fallback", false},
        {"ignore_merges", false},
        {"vocab", std::move(vocabulary)},
        {"merges", std::move(merges)}}},
  };
}

}  // namespace

void save_tokenizer_json(const BpeTokenizer& tokenizer, const std::filesystem::path& path) {
  write_tokenizer(to_json(tokenizer), path);
}

BpeTokenizer read_bpe(const TokenizerFile& file) {
  for (const auto& [pointer, accepted] : requirements())
    if (std::ranges::find(accepted, file.value(pointer)) == accepted.end())
      file.refuse("the tokenizer is not GPT-2's kind of byte-level BPE", pointer,
                  "use one that has " + accepted[0].dump() + " there");
  BpeAssembler assembler;
  add_special_entries(file, assembler.entries());
  for (const auto& [spelling, id] : file.object("/model/vocab").items())
    assembler.add_entry(spelling, id, file.where("/model/vocab/" + quoted(spelling)));
  const Json& merges = file.array("/model/merges");
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const std::string pointer = "/model/merges/" + std::to_string(i);
    const auto [left, right] = read_pair(file, merges[i], pointer);
    assembler.add_merge(left, right, file.where(pointer));
  }
  return assembler.assemble(file.where("/model/vocab"), file.where("/added_tokens"));
}

BpeTokenizer load_tokenizer_json(const std::filesystem::path& path) { return read_bpe(TokenizerFile(path)); }

}  // namespace diecast
