#include <diecast/tokenizer/tokenizer_json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#define JSON_DIAGNOSTICS 1  // errors name the key
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>

#include "core/durable_file.hpp"

namespace diecast {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

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

std::string quoted(const std::string& text) { return Json(text).dump(); }  // escapes line breaks, too

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path) {}

  BpeTokenizer read() {
    try {
      const auto root = Json::parse(file_content());
      check_requirements(root);
      read_added_tokens(root.at("added_tokens"));
      read_vocabulary(root.at("model").at("vocab"));
      auto merges = read_merges(root.at("model").at("merges"));
      return BpeTokenizer(complete_vocabulary(), std::move(merges), end_of_text());
    } catch (const Json::exception& error) {
      const std::string_view message = error.what();  // "[json.exception.kind.number] message"
      fail("not a tokenizer: " + std::string(message.substr(message.find("] ") + 2)), "",
           "use a tokenizer.json of Hugging Face tokenizers or Diecast");
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& pointer,
                         const std::string& remedy) const {
    throw Error(Fault::usage, what, path_.string() + (pointer.empty() ? "" : ": " + pointer), remedy);
  }

  std::string file_content() const {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file || content.bad()) fail("cannot read the tokenizer", "", "check that the file exists");
    return content.str();
  }

  void check_requirements(const Json& root) const {
    for (const auto& [pointer, accepted] : requirements()) {
      const Json::json_pointer key(pointer);
      const Json value = root.contains(key) ? root.at(key) : Json();
      if (std::ranges::find(accepted, value) == accepted.end())
        fail("the tokenizer is not GPT-2's kind of byte-level BPE", pointer,
             "use one that has " + accepted[0].dump() + " there");
    }
  }

  Token read_id(const Json& value, const std::string& pointer) const {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= kIgnoredToken)
      fail("a token id must be a whole number", pointer, "correct it");
    return value.get<Token>();
  }

  void place(Token id, const std::string& bytes, const std::string& pointer) {
    if (!tokens_.emplace(id, bytes).second)
      fail("two tokens have the id " + std::to_string(id), pointer, "give each token an id of its own");
  }

  // Added tokens come first: they are spelled as they are, in the vocabulary too.
  void read_added_tokens(const Json& added) {
    for (std::size_t i = 0; i < added.size(); ++i) {
      const auto pointer = "/added_tokens/" + std::to_string(i);
      const auto content = added.at(i).at("content").get<std::string>();
      const auto id = read_id(added.at(i).at("id"), pointer + "/id");
      place(id, content, pointer);
      ids_.emplace(content, id);
    }
  }

  void read_vocabulary(const Json& vocabulary) {
    for (const auto& [spelling, value] : vocabulary.items()) {
      const auto pointer = "/model/vocab/" + quoted(spelling);
      const auto id = read_id(value, pointer);
      const auto [known, is_new] = ids_.emplace(spelling, id);
      if (!is_new && known->second == id) continue;
      if (!is_new) fail("an added token has another id in /added_tokens", pointer, "make both equal");
      const auto bytes = bytes_spelled_by(spelling);
      if (!bytes)
        fail("a token is not spelled in GPT-2's byte alphabet", pointer, "use a byte-level tokenizer");
      place(id, *bytes, pointer);
    }
  }

  std::vector<Merge> read_merges(const Json& entries) const {
    std::vector<Merge> merges;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto pointer = "/model/merges/" + std::to_string(i);
      const auto [left, right] = read_pair(entries.at(i), pointer);
      merges.push_back({.left = find_id(left, pointer),
                        .right = find_id(right, pointer),
                        .product = find_id(left + right, pointer)});
    }
    return merges;
  }

  // ["a", "b"], or "a b" as in older files.
  std::pair<std::string, std::string> read_pair(const Json& entry, const std::string& pointer) const {
    if (entry.is_string()) {
      const auto text = entry.get<std::string>();
      const auto space = text.find(' ');
      if (space != text.npos) return {text.substr(0, space), text.substr(space + 1)};
    } else if (entry.is_array() && entry.size() == 2) {
      return {entry[0].get<std::string>(), entry[1].get<std::string>()};
    }
    fail("a merge must be two tokens", pointer, R"(write ["a", "b"] or "a b")");
  }

  Token find_id(const std::string& spelling, const std::string& pointer) const {
    const auto found = ids_.find(spelling);
    if (found == ids_.end())
      fail("no token is spelled " + quoted(spelling), pointer, "add it to /model/vocab or remove the merge");
    return found->second;
  }

  std::vector<std::string> complete_vocabulary() const {
    std::vector<std::string> vocabulary;
    std::array<bool, 256> has_byte{};
    for (const auto& [id, bytes] : tokens_) {
      if (id != vocabulary.size())
        fail("no token has the id " + std::to_string(vocabulary.size()), "/model/vocab", "leave no gaps");
      if (bytes.size() == 1) has_byte[static_cast<unsigned char>(bytes[0])] = true;
      vocabulary.push_back(bytes);
    }
    const auto missing = std::ranges::find(has_byte, false) - has_byte.begin();
    if (missing < 256)
      fail("no token for the byte " + quoted(spell_bytes(std::string(1, static_cast<char>(missing)))),
           "/model/vocab", "use a tokenizer that was trained with the byte-level alphabet");
    return vocabulary;
  }

  Token end_of_text() const {
    const auto found = ids_.find(std::string(kEndOfText));
    if (found == ids_.end() || tokens_.at(found->second) != kEndOfText)
      fail("no end-of-text token", "/added_tokens", "add " + quoted(std::string(kEndOfText)));
    return found->second;
  }

  const std::filesystem::path& path_;
  std::map<Token, std::string> tokens_;         // id -> bytes
  std::unordered_map<std::string, Token> ids_;  // by spelling
};

OrderedJson to_json(const BpeTokenizer& tokenizer) {
  const auto spelling = [&](Token token) { return spell_bytes(tokenizer.token_text(token)); };
  // Appended without the search for duplicates that operator[] makes, in quadratic time.
  OrderedJson::object_t vocabulary;
  for (Token id = 0; id < tokenizer.vocab_size(); ++id) vocabulary.emplace_back(spelling(id), id);
  auto merges = OrderedJson::array();
  for (const auto& merge : tokenizer.merges())
    merges.push_back(OrderedJson::array({spelling(merge.left), spelling(merge.right)}));

  const OrderedJson byte_level{
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  const OrderedJson end_of_text{{"id", tokenizer.end_of_text()},
                                {"content", kEndOfText},
                                {"single_word", false},
                                {"lstrip", false},
                                {"rstrip", false},
                                {"normalized", false},
                                {"special", true}};
  return {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", OrderedJson::array({end_of_text})},
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
  try {
    replace_file(path, to_json(tokenizer).dump(2) + '\n');
  } catch (const Error& error) {
    throw Error(Fault::run, std::string("cannot write the tokenizer: ") + error.what(), {},
                "choose a folder that exists and has room");
  }
}

BpeTokenizer load_tokenizer_json(const std::filesystem::path& path) { return Reader(path).read(); }

}  // namespace diecast
