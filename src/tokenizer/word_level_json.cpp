#include "tokenizer/word_level_json.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <diecast/tokenizer/char_tokenizer.hpp>
#include <diecast/tokenizer/word_tokenizer.hpp>

#include "tokenizer/entry_table.hpp"

namespace diecast {
namespace {

// How each kind cuts text, and what puts it together again.
struct WordLevelForm {
  OrderedJson normalizer, pre_tokenizer, decoder;
};

OrderedJson split(const char* pattern, const char* behavior, bool invert) {
  return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", behavior}, {"invert", invert}};
}

// Without a decoder, Hugging Face joins by spaces.
WordLevelForm word_form() {
  return {.normalizer = {{"type", "Lowercase"}},
          .pre_tokenizer = split(R"([\p{L}\p{N}']+)", "Removed", true),
          .decoder = nullptr};
}

WordLevelForm char_form() {
  return {.normalizer = nullptr,
          .pre_tokenizer = split(R"([\s\S])", "Isolated", false),
          .decoder = {{"type", "Fuse"}}};
}

bool cuts_as(const TokenizerFile& file, const WordLevelForm& form) {
  return file.value("/normalizer") == Json(form.normalizer) &&
         file.value("/pre_tokenizer") == Json(form.pre_tokenizer);
}

constexpr std::array kWordSpecials{WordTokenizer::kPadding, WordTokenizer::kUnknown, WordTokenizer::kBegin,
                                   WordTokenizer::kEnd};
constexpr std::array kCharSpecials{kEndOfText, CharTokenizer::kUnknown};

}  // namespace

std::unique_ptr<Tokenizer> read_word_level(const TokenizerFile& file) {
  const bool is_word = cuts_as(file, word_form());
  if (!is_word && !cuts_as(file, char_form()))
    file.refuse("the tokenizer cuts text neither into words nor into characters as Diecast does", "/pre_tokenizer",
                "use one that Diecast wrote");
  EntryTable entries;
  add_special_entries(file, entries);
  for (const auto& [text, id] : file.object("/model/vocab").items())
    entries.add(text, text, id, file.where("/model/vocab/" + quoted(text)));
  std::vector<std::string> texts = entries.texts(file.where("/model/vocab"));
  const std::string unknown(is_word ? WordTokenizer::kUnknown : CharTokenizer::kUnknown);
  const std::string end(is_word ? WordTokenizer::kEnd : kEndOfText);
  if (file.value("/model/unk_token") != unknown)
    file.refuse("pieces without an entry must become " + quoted(unknown), "/model/unk_token", "correct it");
  for (const std::string& needed : {unknown, end})
    if (!entries.find(needed)) file.refuse("no entry is " + quoted(needed), "/model/vocab", "add it");
  if (is_word) return std::make_unique<WordTokenizer>(std::move(texts));
  return std::make_unique<CharTokenizer>(std::move(texts));
}

OrderedJson word_level_json(const Tokenizer& tokenizer) {
  const bool is_word = tokenizer.kind() == "word";
  WordLevelForm form = is_word ? word_form() : char_form();
  const auto is_special = [&](std::string_view text) {
    return is_word ? std::ranges::find(kWordSpecials, text) != kWordSpecials.end()
                   : std::ranges::find(kCharSpecials, text) != kCharSpecials.end();
  };
  // Appended without the search for duplicates that operator[] makes, in quadratic time.
  OrderedJson::object_t vocabulary;
  auto specials = OrderedJson::array();
  for (Token id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string_view text = tokenizer.token_text(id);
    vocabulary.emplace_back(text, id);
    if (is_special(text)) specials.push_back(special_token(id, text));
  }
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(specials)},
          {"normalizer", std::move(form.normalizer)},
          {"pre_tokenizer", std::move(form.pre_tokenizer)},
          {"post_processor", nullptr},
          {"decoder", std::move(form.decoder)},
          {"model",
           {{"type", "WordLevel"}, {"vocab", std::move(vocabulary)}, {"unk_token", WordTokenizer::kUnknown}}}};
}

}  // namespace diecast
