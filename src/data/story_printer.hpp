#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

/// From an expanded plot to the page.
namespace diecast::stories {

constexpr bool is_blank(char c) { return c == ' ' || c == '\n'; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
constexpr bool is_stop(char c) { return c == '.' || c == '!' || c == '?'; }

/// The article before the word at the beginning of `rest`.
inline std::string_view article(std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \n"), rest.size()));
  for (std::string_view consonant : {"one", "uni", "use", "ukulele"})
    if (rest.starts_with(consonant)) return "a";
  for (std::string_view vowel : {"a", "e", "i", "o", "u", "hour", "honest"})
    if (rest.starts_with(vowel)) return "an";
  return "a";
}

/// Sets blanks, paragraphs, articles, capitals and stops.
class Printer {
 public:
  explicit Printer(std::size_t size) { page_.reserve(size); }

  std::string print(std::string_view text) && {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (is_blank(c)) {
        blank_ = true;
      } else if (c == '/') {
        paragraph_ = true;
      } else if (c == '^') {
        capital_ = true;
      } else if (c == '~') {
        capital_ = false;
      } else if (c == '%') {
        for (char letter : article(text.substr(i + 1))) put_letter(letter);
      } else if (c == '"') {
        put_quote();
      } else if (c == ',' || is_stop(c)) {
        put_stop(c);
      } else {
        put_letter(c);
      }
    }
    return std::move(page_);
  }

 private:
  /// A sentence begins after a stop, and after `."`; whether one begins after `!"` only its writer knows.
  void put_blank() {
    if (blank_ && !page_.empty()) {
      const bool quote = page_.back() == '"';
      const char last = quote ? page_[page_.size() - 2] : page_.back();
      if (paragraph_ || last == '.' || (!quote && is_stop(last))) capital_ = true;
      page_ += paragraph_ ? "\n\n" : " ";
    }
    blank_ = false;
    paragraph_ = false;
  }

  void put_letter(char c) {
    put_blank();
    page_ += capital_ ? upper(c) : c;
    capital_ = false;
  }

  void put_quote() {
    if (quoted_) blank_ = false;
    put_blank();
    page_ += '"';
    quoted_ = !quoted_;
    if (quoted_) capital_ = true;
  }

  /// No stop follows another, and those that follow a quotation move into it.
  void put_stop(char c) {
    blank_ = false;
    const bool quote = page_.back() == '"' && !quoted_;
    if (is_stop(quote ? page_[page_.size() - 2] : page_.back())) return;
    page_.insert(page_.size() - (quote ? 1 : 0), 1, c);
  }

  std::string page_;
  bool capital_ = true;
  bool quoted_ = false;
  bool blank_ = false;
  bool paragraph_ = false;
};

}  // namespace diecast::stories
