#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <diecast/core/token.hpp>

namespace diecast {

/// The entries of a tokenizer that looks each piece of a text up, by id and by text.
class Vocabulary {
 public:
  /// Entry `i` has the id i. Throws std::invalid_argument if two are equal; who reads entries from a user checks them
  /// first.
  explicit Vocabulary(std::vector<std::string> entries);
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  std::size_t size() const { return entries_.size(); }
  std::optional<Token> find(std::string_view text) const;
  /// The id of an entry that must be there. Throws std::invalid_argument.
  Token at(std::string_view text) const;
  /// As long as this vocabulary lives. Throws Error(Fault::usage) for an unknown id.
  std::string_view text(Token token) const;
  /// XXH3 of `kind` and the entries.
  std::uint64_t hash(std::string_view kind) const;

 private:
  struct Hash {
    std::size_t operator()(std::string_view text) const;
  };

  std::vector<std::string> entries_;
  std::unordered_map<std::string_view, Token, Hash> ids_;  // views into entries_, which moves as a whole
};

}  // namespace diecast
