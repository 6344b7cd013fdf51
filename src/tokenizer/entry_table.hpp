#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include <diecast/core/token.hpp>

namespace diecast {

/// The entries of a vocabulary while its file is read: in any order, spelled as the file spells them. `where` is the
/// place in the file, for the Error(Fault::usage) that a wrong one becomes.
class EntryTable {
 public:
  /// Gives `id` to `spelling`, which stands for `text`. What is there already, with the same id, may come again.
  void add(const std::string& spelling, const std::string& text, const nlohmann::json& id, const std::string& where);
  std::optional<Token> find(const std::string& spelling) const;
  /// Of an id that has one.
  const std::string& text(Token token) const { return texts_.at(token); }
  /// The text of each id from 0 on; refused if one is missing.
  std::vector<std::string> texts(const std::string& where) const;

 private:
  std::map<Token, std::string> texts_;
  std::unordered_map<std::string, Token> ids_;  // by spelling
};

class TokenizerFile;

/// Adds /added_tokens, which are spelled as they are.
void add_special_entries(const TokenizerFile& file, EntryTable& entries);

}  // namespace diecast
