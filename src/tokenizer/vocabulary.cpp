#include <diecast/tokenizer/vocabulary.hpp>

#include <stdexcept>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tokenizer/unknown_token.hpp"

namespace diecast {

std::size_t Vocabulary::Hash::operator()(std::string_view text) const { return XXH3_64bits(text.data(), text.size()); }

Vocabulary::Vocabulary(std::vector<std::string> entries) : entries_(std::move(entries)) {
  ids_.reserve(entries_.size());
  for (Token token = 0; token < entries_.size(); ++token)
    if (!ids_.emplace(entries_[token], token).second)
      throw std::invalid_argument("Vocabulary: two entries are \"" + entries_[token] + '"');
}

std::optional<Token> Vocabulary::find(std::string_view text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

Token Vocabulary::at(std::string_view text) const {
  const auto token = find(text);
  if (!token) throw std::invalid_argument("Vocabulary: no entry is \"" + std::string(text) + '"');
  return *token;
}

std::string_view Vocabulary::text(Token token) const {
  if (token >= size()) refuse_unknown_token(token, size());
  return entries_[token];
}

std::uint64_t Vocabulary::hash(std::string_view kind) const {
  std::string content(kind);
  for (const std::string& entry : entries_) content += '\n' + std::to_string(entry.size()) + ' ' + entry;
  return XXH3_64bits(content.data(), content.size());
}

}  // namespace diecast
