#include "data/wikitext.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/html_entity.hpp"
#include "data/wikitext_frames.hpp"
#include "data/wikitext_layout.hpp"
#include "data/wikitext_marks.hpp"
#include "data/wikitext_names.hpp"
#include "data/wikitext_tags.hpp"

namespace diecast {
namespace {

namespace marks = wikitext_marks;

constexpr std::size_t kNowhere = std::string_view::npos;

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Characters that may be markup, and those that no text has.
bool may_be_markup(char c) {
  static const std::array<bool, 256> table = [] {
    std::array<bool, 256> special{};
    for (unsigned char byte = 0; byte < 0x20; ++byte) special[byte] = byte != '\t';
    special[0x7F] = true;
    for (char byte : std::string_view("'_&[]{}|=<")) special[static_cast<unsigned char>(byte)] = true;
    return special;
  }();
  return table[static_cast<unsigned char>(c)];
}

// How long the address of an external link at the front of `text` is; 0 if there is none.
std::size_t address_length(std::string_view text) {
  for (std::string_view scheme : {"http://", "https://", "//", "ftp://", "mailto:", "news:", "irc://"})
    if (text.starts_with(scheme)) {
      const std::size_t end = std::min(text.find_first_of(" \t\n[]<>\"|{}"), text.size());
      return end > scheme.size() ? end : 0;
    }
  return 0;
}

// Reads a page from front to back, once; WikitextFrames knows what is open.
class WikitextParser {
 public:
  WikitextParser(std::string_view text, WikitextReport& report, const WikiNamespaces& names)
      : text_(text), report_(report), frames_(report, names), out_(frames_.out) {}

  std::string parse() {
    out_.reserve(text_.size());
    while (at_ < text_.size()) {
      if (line_start_) {
        line_start_ = false;
        start_line();
      }
      const std::size_t begin = at_;
      while (at_ < text_.size() && !may_be_markup(text_[at_])) ++at_;
      out_.append(text_, begin, at_ - begin);
      if (at_ < text_.size()) markup(text_[at_]);
    }
    frames_.drop_unclosed();
    return std::move(out_);
  }

 private:
  using Kind = WikitextFrames::Kind;

  char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::string_view rest() const { return text_.substr(at_); }

  void start_line() {
    const std::size_t markers_end = std::min(text_.find_first_not_of("*#:;", at_), text_.size());
    const std::size_t after = std::min(text_.find_first_not_of(" ", markers_end), text_.size());
    const std::string_view ahead = text_.substr(after);
    preformatted_ = peek(0) == ' ' && frames_.empty();
    if (preformatted_) out_ += marks::kBreak;
    if (ahead.starts_with("{|") && !ahead.starts_with("{|}")) {
      at_ = after + 2;
      frames_.push(Kind::table);
    } else if (markers_end > at_) {
      const bool link = ahead.starts_with('[') && address_length(ahead.substr(1)) > 0;
      out_ += link ? marks::kLinkItem : marks::kItem;
      at_ = markers_end;
    } else if (ahead.starts_with("|}") && frames_.close_table()) {
      at_ = after + 2;
    } else if (peek(0) == '|' && frames_.empty()) {
      at_ = std::min(text_.find('\n', at_), text_.size());  // a row of a table that templates open and close
    } else if (peek(0) == '=') {
      start_heading();
    } else if (ahead.starts_with("----")) {
      at_ = std::min(text_.find_first_not_of("-", after), text_.size());
    }
  }

  void start_heading() {
    if (!frames_.empty()) {
      // Nothing is meant to reach over a heading: what is open lacks its end.
      const std::string_view line = trim_blanks(rest().substr(0, rest().find('\n')));
      if (line.size() < 5 || !line.starts_with("==") || !line.ends_with("==")) return;
      frames_.drop_unclosed();
      out_ += '\n';
    }
    out_ += marks::kHeading;
  }

  void markup(char c) {
    switch (c) {
      case '\n': return end_line();
      case '\'': return quotes();
      case '_': return magic_word();
      case '&': return entity();
      case '[': return open_bracket();
      case ']': return close_bracket();
      case '{': return open_brace();
      case '}': return close_brace();
      case '<': return tag();
      case '|': frames_.bar(); return literal();
      case '=': frames_.equals(); return literal();
      default: ++at_;  // a control character
    }
  }

  void literal() { out_ += text_[at_++]; }

  void end_line() {
    frames_.end_line();
    if (poem_ || preformatted_) out_ += marks::kBreak;
    out_ += '\n';
    line_start_ = true;
    ++at_;
  }

  void quotes() {
    const std::size_t end = std::min(text_.find_first_not_of("'", at_), text_.size());
    const std::size_t count = end - at_;
    at_ = end;
    if (count == 1 || count == 4) out_ += '\'';
    if (count > 5) out_.append(count - 5, '\'');
    if (count >= 3) out_ += marks::kBold;
    if (count == 2 || count >= 5) out_ += marks::kItalic;
  }

  // __NOTOC__ and its like, in any language.
  void magic_word() {
    constexpr std::size_t kLongest = 60;
    const std::string_view word = rest().substr(0, kLongest);
    const std::size_t end = word.starts_with("__") ? word.find("__", 2) : kNowhere;
    const auto fits = [](char c) {
      return c == '_' || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    };
    if (end == kNowhere || end == 2) return literal();
    const std::string_view name = word.substr(2, end - 2);
    if (!std::all_of(name.begin(), name.end(), fits)) return literal();
    report_.disambiguations += word.starts_with("__DISAMBIG__");
    at_ += end + 2;
    out_ += marks::kHole;
  }

  void entity() {
    const std::size_t length = append_entity(rest(), out_);
    at_ += length;
    if (length == 0) literal();
  }

  void open_bracket() {
    if (peek(1) == '[') {
      frames_.push(Kind::link);
      at_ += 2;
      return;
    }
    const std::size_t length = address_length(text_.substr(at_ + 1));
    if (length > 0 && frames_.push(Kind::external_link)) at_ += 1 + length;
    else literal();
  }

  // `]]` and `}}` that close nothing are dropped.
  void close_bracket() {
    if (frames_.top_is(Kind::external_link)) {
      frames_.close_external_link();
      ++at_;
    } else if (peek(1) == ']') {
      frames_.close_link();
      at_ += 2;
    } else {
      literal();
    }
  }

  void close_brace() {
    if (peek(1) == '}') at_ += frames_.close_template(peek(2) == '}');
    else literal();
  }

  void open_brace() {
    const std::size_t end = std::min(text_.find_first_not_of("{", at_), text_.size());
    const std::size_t count = end - at_;
    if (count == 1) return out_.ends_with('-') ? language_variant() : literal();
    at_ = end;
    frames_.push_braces(count);
  }

  // -{zh-hans:text;zh-hant:text}-, in wikis of languages with several scripts: the first.
  void language_variant() {
    constexpr std::size_t kLongest = 400;
    std::string_view inside = rest().substr(1, kLongest);
    const std::size_t end = inside.find("}-");
    if (end == kNowhere) return literal();
    inside = inside.substr(0, end);
    at_ += end + 3;
    out_.pop_back();
    if (const std::size_t flags = inside.find('|'); flags != kNowhere) {
      if (inside.substr(0, flags).find_first_of("HT-") != kNowhere) return;
      inside.remove_prefix(flags + 1);
    }
    if (const std::size_t name_end = inside.find(':'); name_end != kNowhere && inside.starts_with("zh"))
      inside.remove_prefix(name_end + 1);
    for (char c : inside.substr(0, inside.find(';')))
      if (!may_be_markup(c)) out_ += c;
  }

  // The first `</name` from at_ on; the end of the text if there is none, for which it is searched only once.
  std::size_t find_closing(std::string_view name) {
    if (std::find(unclosed_.begin(), unclosed_.end(), name) != unclosed_.end()) return text_.size();
    for (std::size_t i = text_.find("</", at_); i != kNowhere; i = text_.find("</", i + 2)) {
      const std::string_view found = text_.substr(i + 2, name.size());
      if (std::equal(found.begin(), found.end(), name.begin(), name.end(),
                     [](char a, char b) { return ascii_lower(a) == b; }) &&
          (i + 2 + name.size() == text_.size() || !is_ascii_letter(text_[i + 2 + name.size()])))
        return i;
    }
    unclosed_.push_back(name);
    return text_.size();
  }

  void comment() {
    const bool alone = out_.empty() || out_.back() == '\n';
    const std::size_t end = text_.find("-->", at_ + 4);
    at_ = end == kNowhere ? text_.size() : end + 3;
    ++report_.comments;
    if (!alone) return;
    // A line that holds nothing else is none.
    const std::size_t next = std::min(text_.find_first_not_of(" \t", at_), text_.size());
    if (next < text_.size() && text_[next] == '\n') at_ = next + 1;
    line_start_ = true;
  }

  void tag() {
    if (rest().starts_with("<!--")) return comment();
    const bool closing = peek(1) == '/';
    const std::size_t name_begin = at_ + (closing ? 2 : 1);
    std::string name;
    constexpr std::size_t kLongest = 16;
    for (std::size_t i = name_begin; i < text_.size() && name.size() < kLongest; ++i) {
      if (!is_ascii_letter(text_[i]) && !(i > name_begin && is_ascii_digit(text_[i]))) break;
      name += ascii_lower(text_[i]);
    }
    const TagRule* const rule = find_tag(name);
    const std::size_t end = rule == nullptr ? kNowhere : text_.find_first_of("<>", name_begin);
    if (end == kNowhere || text_[end] != '>') return literal();
    const std::string_view attributes = text_.substr(name_begin + name.size(), end - name_begin - name.size());
    at_ = end + 1;
    apply_tag(*rule, closing, attributes);
  }

  void apply_tag(const TagRule& rule, bool closing, std::string_view attributes) {
    const bool whole = attributes.ends_with('/');
    switch (rule.action) {
      case TagAction::keep: return;
      case TagAction::space: out_ += ' '; return;
      case TagAction::line: out_ += marks::kBreak; return;
      case TagAction::paragraph: out_ += "\n\n"; return;
      case TagAction::item:
        if (!closing) (out_ += '\n') += marks::kItem;
        return;
      case TagAction::poem:
        poem_ = !closing && !whole;
        out_ += "\n\n";
        return;
      case TagAction::superscript:
        if (!closing) superscript();
        return;
      case TagAction::verbatim:
        if (!closing && !whole) append_verbatim(take_content(rule));
        return;
      case TagAction::program:
      case TagAction::formula:
      case TagAction::drop:
        if (closing) return;
        const std::string_view content = whole ? std::string_view() : take_content(rule);
        if (rule.action == TagAction::program && attributes.find("inline") != kNowhere) return append_verbatim(content);
        if (rule.action == TagAction::formula && append_formula(content)) return;
        out_ += marks::kHole;
        if (rule.counter != nullptr) ++(report_.*rule.counter);
    }
  }

  // What is between the tag before at_ and the one that closes it, which is passed. Nothing if none does: then the tag
  // alone is dropped.
  std::string_view take_content(const TagRule& rule) {
    const std::size_t end = find_closing(rule.name);
    if (end == text_.size()) return {};
    const std::string_view content = text_.substr(at_, end - at_);
    at_ = std::min(text_.find('>', end), text_.size() - 1) + 1;
    return content;
  }

  void append_verbatim(std::string_view content) {
    while (!content.empty()) {
      const std::size_t length = append_entity(content, out_);
      const char c = content.front();
      if (length == 0 && (!may_be_markup(c) || static_cast<unsigned char>(c) > 0x20)) out_ += c;
      if (length == 0 && c == '\n') out_ += c;
      content.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }

  // <math>x^2 + y</math> can be read as it is, \frac{a}{b} cannot.
  bool append_formula(std::string_view content) {
    constexpr std::size_t kLongest = 64;
    if (content.empty() || content.size() > kLongest || content.find_first_of("\\\n&") != kNowhere) return false;
    for (char c : content)
      if (c != '{' && c != '}' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out_ += c;
    return true;
  }

  // Powers: 10<sup>6</sup> is not 106.
  void superscript() {
    static constexpr std::string_view digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    const std::size_t length = rest().substr(0, 16).find('<');
    if (length == kNowhere || length == 0) return;
    std::string text;
    std::string_view content = rest().substr(0, length);
    while (!content.empty()) {
      std::size_t taken = 1;
      if (is_ascii_digit(content.front())) text += digits[content.front() - '0'];
      else if (content.front() == '+') text += "⁺";
      else if (content.front() == '-') text += "⁻";
      else if (content.starts_with("−") || content.starts_with("–")) text += "⁻", taken = 3;
      else return;
      content.remove_prefix(taken);
    }
    out_ += text;
    at_ += length;
  }

  std::string_view text_;
  WikitextReport& report_;
  WikitextFrames frames_;
  std::string& out_;
  std::size_t at_ = 0;
  std::vector<std::string_view> unclosed_;  // tags without an end in the rest of the text
  bool line_start_ = true;
  bool poem_ = false;
  bool preformatted_ = false;  // by a space at the front of the line
};

}  // namespace

std::string wikitext_to_text(std::string_view wikitext, WikitextReport& report, const WikiNamespaces& names) {
  const std::string marked = WikitextParser(wikitext, report, names).parse();
  std::string text = lay_out_wikitext(marked, report.sections);
  report.bytes_in += wikitext.size();
  report.bytes_out += text.size();
  return text;
}

}  // namespace diecast
