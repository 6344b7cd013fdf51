#include "data/wikitext_layout.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "data/wikitext_marks.hpp"
#include "data/wikitext_names.hpp"

namespace diecast {
namespace {

namespace marks = wikitext_marks;

constexpr std::string_view kInvisible = " \t\1";
static_assert(kInvisible.back() == marks::kHole);

bool is_separator(char c) { return c == ',' || c == ';' || c == ':'; }

// Words of a parenthesis whose contents were left out: "(pronounced or )".
bool only_connectives(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() > kLongest) return false;
  while (!text.empty()) {
    const std::size_t start = text.find_first_not_of(" ,;:/");
    if (start == std::string_view::npos) return true;
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(" ,;:/"));
    constexpr std::string_view known[] = {"or",   "and", "also", "pronounced", "listen", "IPA", "lit.",
                                          "from", "in",  "as",   "o",          "oder",   "ou"};
    if (std::find(std::begin(known), std::end(known), word) == std::end(known)) return false;
    text.remove_prefix(word.size());
  }
  return true;
}

// One line of a page, without marks.
class LineCleaner {
 public:
  // `line` may hold kBreak, which becomes '\n'.
  std::string_view clean(std::string_view line) {
    out_.clear();
    parentheses_.clear();
    hole_ = had_hole_ = false;
    const bool possessive = count(line, marks::kBold) % 2 == 1 && count(line, marks::kItalic) % 2 == 1;
    const std::size_t apostrophe = possessive ? apostrophe_of(line) : std::string_view::npos;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::size_t plain = plain_run(line.substr(i));
      if (plain > 0) {
        hole_ = false;
        out_.append(line, i, plain);
        i += plain;
        if (i == line.size()) break;
      }
      if (line[i] == marks::kBold && i == apostrophe) out_ += '\'';
      else i += take(line, i);
    }
    trim_back();
    if (had_hole_ && !has_letter()) out_.clear();
    return out_;
  }

 private:
  struct Parenthesis {
    std::size_t begin;  // in out_
    std::size_t width;  // of the opening one
    bool hole;
  };

  static std::ptrdiff_t count(std::string_view line, char mark) { return std::count(line.begin(), line.end(), mark); }

  // l'''Iliade'' is an apostrophe before italics, where a line has one of each mark too many. As MediaWiki does: the
  // first after a word of one letter, else after any, else the first.
  static std::size_t apostrophe_of(std::string_view line) {
    const std::size_t first = line.find(marks::kBold);
    std::size_t after_word = std::string_view::npos;
    for (std::size_t i = first; i != std::string_view::npos; i = line.find(marks::kBold, i + 1)) {
      if (i == 0 || line[i - 1] == ' ') continue;
      if (i == 1 || line[i - 2] == ' ') return i;
      after_word = std::min(after_word, i);
    }
    return after_word == std::string_view::npos ? first : after_word;
  }

  static std::size_t plain_run(std::string_view text) {
    static const std::array<bool, 256> special = [] {
      std::array<bool, 256> table{};
      for (char c : std::string_view(" \t(),;:.!?]\xC2\xE3\xEF")) table[static_cast<unsigned char>(c)] = true;
      for (char c : marks::kAll) table[static_cast<unsigned char>(c)] = true;
      return table;
    }();
    std::size_t i = 0;
    while (i < text.size() && !special[static_cast<unsigned char>(text[i])]) ++i;
    return i;
  }

  // Takes what stands at line[i]; returns how many bytes more than one that was.
  std::size_t take(std::string_view line, std::size_t i) {
    const char c = line[i];
    const std::string_view rest = line.substr(i);
    if (c == marks::kHole) {
      hole_ = had_hole_ = true;
      if (!parentheses_.empty()) parentheses_.back().hole = true;
    } else if (c == marks::kBreak) {
      trim_back();
      if (!out_.empty()) out_ += '\n';
    } else if (marks::kAll.find(c) != std::string_view::npos) {
      return 0;  // bold and italic leave nothing
    } else if (c == ' ' || c == '\t') {
      space(rest);
    } else if (rest.starts_with("\u00A0")) {
      space(rest);
      return 1;
    } else if (c == '(' || rest.starts_with("（")) {
      open(c == '(' ? 1 : 3, rest);
      return c == '(' ? 0 : 2;
    } else if (c == ')' || rest.starts_with("）")) {
      close(c == ')' ? 1 : 3, rest);
      return c == ')' ? 0 : 2;
    } else if (c == ']' && hole_ && out_.ends_with('[')) {
      out_.pop_back();  // [] around what was left out
    } else if (is_separator(c)) {
      separator(rest);
    } else if (c == '.' || c == '!' || c == '?') {
      if (stands_apart(rest)) out_.pop_back();
      put(c);
    } else if (just_opened() && (rest.starts_with("、") || rest.starts_with("，") || rest.starts_with("；"))) {
      return 2;
    } else {
      put(c);
    }
    return 0;
  }

  void put(char c) {
    out_ += c;
    hole_ = false;
  }

  void space(std::string_view text) {
    if (out_.empty() || out_.back() == ' ' || out_.back() == '\n' || just_opened()) return;
    if (out_.back() == '(' && !text.starts_with(" )")) return;
    out_ += ' ';
  }

  // Whether the character at the front of `text` is to follow the last word without the space that is there: because
  // what stood between was left out, or because it is a comma or full stop that someone wrote so.
  bool stands_apart(std::string_view text) const {
    if (!out_.ends_with(' ')) return false;
    if (hole_) return true;
    const bool before_end = text.size() == 1 || text[1] == ' ' || text[1] == marks::kHole;
    return before_end && (text[0] == ',' || text[0] == '.') && !text.starts_with(". .") && out_.size() > 1 &&
           out_[out_.size() - 2] != '.';
  }

  // Nothing yet in a parenthesis that something was left out of.
  bool just_opened() const {
    return !parentheses_.empty() && parentheses_.back().hole &&
           out_.size() == parentheses_.back().begin + parentheses_.back().width;
  }

  void separator(std::string_view text) {
    const char c = text.front();
    if (just_opened()) return;
    if (stands_apart(text)) out_.pop_back();
    if (!parentheses_.empty() && parentheses_.back().hole) {
      const std::size_t inside = parentheses_.back().begin + parentheses_.back().width;
      if (only_connectives(std::string_view(out_).substr(inside))) {
        out_.resize(inside);
        return;
      }
    }
    if (hole_ && (out_.empty() || is_separator(out_.back()))) return;
    put(c);
  }

  void open(std::size_t width, std::string_view text) {
    constexpr std::size_t kDeepest = 16;  // beyond, the outermost is no longer watched
    if (parentheses_.size() == kDeepest) parentheses_.erase(parentheses_.begin());
    parentheses_.push_back({out_.size(), width, false});
    out_.append(text, 0, width);
    hole_ = false;
  }

  void close(std::size_t width, std::string_view text) {
    if (!parentheses_.empty()) {
      const Parenthesis opened = parentheses_.back();
      parentheses_.pop_back();
      const std::size_t inside = opened.begin + opened.width;
      if (opened.hole && inside <= out_.size()) {
        while (out_.size() > inside && (out_.back() == ' ' || is_separator(out_.back()))) out_.pop_back();
        if (only_connectives(std::string_view(out_).substr(inside))) {
          out_.resize(opened.begin);
          hole_ = true;
          if (!parentheses_.empty()) parentheses_.back().hole = true;
          return;
        }
      }
    }
    if (out_.ends_with(' ') && !out_.ends_with("( ")) out_.pop_back();
    out_.append(text, 0, width);
    hole_ = false;
  }

  void trim_back() {
    while (!out_.empty() && (out_.back() == ' ' || out_.back() == '\n')) out_.pop_back();
  }

  bool has_letter() const {
    return std::any_of(out_.begin(), out_.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      const auto lower = static_cast<unsigned char>(byte | 0x20);
      return byte >= 0x80 || (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z');
    });
  }

  std::string out_;
  std::vector<Parenthesis> parentheses_;
  bool hole_ = false;      // something was left out since the last character that was put
  bool had_hole_ = false;  // ... in this line
};

class PageLayout {
 public:
  explicit PageLayout(std::uint64_t& dropped_sections) : dropped_sections_(dropped_sections) {}

  std::string lay_out(std::string_view marked) {
    out_.reserve(marked.size());
    while (!marked.empty()) {
      const std::size_t end = std::min(marked.find('\n'), marked.size());
      take_line(marked.substr(0, end));
      marked.remove_prefix(std::min(end + 1, marked.size()));
    }
    if (!out_.empty()) out_ += '\n';
    return std::move(out_);
  }

 private:
  enum class Line { none, text, item };

  void take_line(std::string_view line) {
    const std::size_t front = std::min(line.find_first_not_of(kInvisible), line.size());
    const char first = front < line.size() ? line[front] : '\0';
    if (first == marks::kHeading && heading(cleaner_.clean(line.substr(front)))) return;
    if (skipped_level_ > 0 || first == marks::kLinkItem) return;
    const std::string_view text = cleaner_.clean(line);
    if (text.empty()) {
      if (first != marks::kItem) last_ = Line::none;
      return;
    }
    put_headings();
    const Line kind = first == marks::kItem ? Line::item : Line::text;
    if (!out_.empty()) {
      if (last_ == Line::none || (last_ == Line::item && kind == Line::text)) out_ += "\n\n";
      else out_ += kind == Line::item || broken_ ? '\n' : ' ';
    }
    out_ += text;
    last_ = kind;
    const std::size_t back = line.find_last_not_of(kInvisible);
    broken_ = back != std::string_view::npos && line[back] == marks::kBreak;
  }

  // False if the line is none after all: its other end has no `=`.
  bool heading(std::string_view line) {
    constexpr std::size_t kDeepest = 6;
    const std::size_t left = std::min(line.find_first_not_of('='), line.size());
    const std::size_t right = line.size() - std::min(line.find_last_not_of('=') + 1, line.size());
    const std::size_t level = std::min({left, right, kDeepest});
    if (level == 0 || left == line.size()) return false;
    const std::string title(trim_blanks(line.substr(level, line.size() - 2 * level)));
    last_ = Line::none;
    if (skipped_level_ > 0 && level > skipped_level_) return true;
    skipped_level_ = 0;
    while (!headings_.empty() && headings_.back().level >= level) headings_.pop_back();
    if (is_apparatus_heading(title)) {
      skipped_level_ = level;
      ++dropped_sections_;
    } else if (!title.empty()) {
      headings_.push_back({level, title});
    }
    return true;
  }

  void put_headings() {
    for (const Heading& heading : headings_) {
      if (!out_.empty()) out_ += "\n\n";
      out_ += heading.title;
      last_ = Line::none;
    }
    headings_.clear();
  }

  struct Heading {
    std::size_t level;
    std::string title;
  };

  std::uint64_t& dropped_sections_;
  LineCleaner cleaner_;
  std::string out_;
  std::vector<Heading> headings_;   // with nothing under them yet
  std::size_t skipped_level_ = 0;   // of the section that is being dropped; 0: none is
  Line last_ = Line::none;
  bool broken_ = false;  // the last line ended where it had to
};

}  // namespace

std::string lay_out_wikitext(std::string_view marked, std::uint64_t& dropped_sections) {
  return PageLayout(dropped_sections).lay_out(marked);
}

}  // namespace diecast
