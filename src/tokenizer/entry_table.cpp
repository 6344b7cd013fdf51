#include "tokenizer/entry_table.hpp"

#include <cstdint>

#include <diecast/core/error.hpp>

#include "tokenizer/tokenizer_file.hpp"

namespace diecast {
namespace {

[[noreturn]] void refuse_entry(const std::string& what, const std::string& where, const std::string& remedy) {
  throw Error(Fault::usage, what, where, remedy);
}

}  // namespace

void EntryTable::add(const std::string& spelling, const std::string& text, const nlohmann::json& id,
                     const std::string& where) {
  if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kIgnoredToken)
    refuse_entry("a token id must be a whole number", where, "correct it");
  const auto token = id.get<Token>();
  const auto [known, is_new] = ids_.emplace(spelling, token);
  if (!is_new && known->second == token) return;
  if (!is_new) refuse_entry("an added token has another id in /added_tokens", where, "make both equal");
  if (!texts_.emplace(token, text).second)
    refuse_entry("two tokens have the id " + std::to_string(token), where, "give each token an id of its own");
}

std::optional<Token> EntryTable::find(const std::string& spelling) const {
  const auto found = ids_.find(spelling);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> EntryTable::texts(const std::string& where) const {
  std::vector<std::string> texts;
  texts.reserve(texts_.size());
  for (const auto& [id, text] : texts_) {
    if (id != texts.size())
      refuse_entry("no token has the id " + std::to_string(texts.size()), where, "leave no gaps");
    texts.push_back(text);
  }
  return texts;
}

void add_special_entries(const TokenizerFile& file, EntryTable& entries) {
  const auto& added = file.array("/added_tokens");
  for (std::size_t i = 0; i < added.size(); ++i) {
    const std::string pointer = "/added_tokens/" + std::to_string(i);
    const auto& content = file.value(pointer + "/content");
    if (!content.is_string()) file.refuse("an added token needs a text", pointer + "/content", "correct it");
    entries.add(content, content, file.value(pointer + "/id"), file.where(pointer + "/id"));
  }
}

}  // namespace diecast
