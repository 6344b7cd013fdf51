#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <diecast/tokenizer/pretokenizer.hpp>
#include <string>
#include <string_view>

namespace diecast {

/// Finds the words of a text (Cut::words): runs of letters, numbers and apostrophes in lower case, as Hugging Face's
/// normalizer Lowercase and the pattern [\p{L}\p{N}']+ give them.
class WordScanner {
 public:
  /// Bytes behind a word that can be read, too.
  static constexpr std::size_t kReadableBehind = 16;

  explicit WordScanner(std::string_view text) : end_(text.data() + text.size()) {}

  /// Visits whole words at the start of the text at `at` as far as it is ASCII. Returns where they end.
  template <class Visit>
  const char* visit_ascii(const char* at, Visit& visit) {
    if (end_ - at < static_cast<std::ptrdiff_t>(AsciiBlock::kBytes)) return at;
    const AsciiBlock block = read_ascii_block(at);
    for (std::size_t i = 0; i < AsciiBlock::kBytes; ++i)
      lower_[i] = static_cast<char>(at[i] | (at[i] >= 'A' && at[i] <= 'Z' ? 0x20 : 0));
    const int known = std::countr_zero(block.foreign);  // the first byte of something else, or 64
    std::uint64_t rest = block.letters | block.numbers | block.apostrophes;
    while (rest != 0) {
      const int begin = std::countr_zero(rest);
      const int end = begin + std::countr_one(rest >> begin);
      if (end >= known) return at + std::min(begin, known);  // it may go on
      visit(std::string_view(lower_.data() + begin, static_cast<std::size_t>(end - begin)));
      rest &= ~std::uint64_t{0} << end;
    }
    return at + known;
  }

  /// Visits the word at `at`, if there is one. Returns what follows it and the character after it.
  template <class Visit>
  const char* visit_one(const char* at, Visit& visit) {
    word_.clear();
    while (at < end_) {
      const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
      const Character next = read_character(rest);
      at += next.bytes;
      if (!append(rest.substr(0, next.bytes), next.kind)) break;
    }
    const std::size_t size = word_.size();
    if (size == 0) return at;
    word_.append(kReadableBehind, '\0');
    visit(std::string_view(word_).substr(0, size));
    return at;
  }

 private:
  // Appends `character` in lower case; false if it ends the word.
  bool append(std::string_view character, CharClass kind);

  const char* end_;
  std::array<char, AsciiBlock::kBytes + kReadableBehind> lower_{};
  std::string word_;
};

/// Calls `visit` with a string_view of each word of `text`, valid during the call.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  WordScanner scanner(text);
  for (const char* at = text.data(); at != text.data() + text.size();) {
    const char* next = scanner.visit_ascii(at, visit);
    at = next == at ? scanner.visit_one(at, visit) : next;
  }
}

}  // namespace diecast
