#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "data/wikitext.hpp"
#include "data/wikitext_template.hpp"

namespace diecast {

/// The text of a page as far as it has been read, and what is still open in it. Text is written to `out` as it is met;
/// what is not closed yet has a frame that knows where its text began there, and when it is closed that text is cut
/// down to what shall stay of it. So nothing is looked at twice, whatever is closed or not.
class WikitextFrames {
 public:
  enum class Kind { page_template, link, external_link, table };

  WikitextFrames(WikitextReport& report, const WikiNamespaces& names) : report_(report), names_(names) {}

  bool empty() const { return frames_.empty(); }
  bool top_is(Kind kind) const { return !frames_.empty() && frames_.back().kind == kind; }

  /// Opens one; false, and none is, if so many are open that this would nest too deep.
  bool push(Kind kind);
  /// `{` so many times: as many templates, or one argument of this page (three) and templates.
  void push_braces(std::size_t count);
  /// Closes the innermost one as if it had not been one: its text stays where it is.
  void pop();

  /// A `|`, a `=` is about to be written: it may separate the arguments of what is open.
  void bar();
  void equals();

  /// `\n`: the target of a link ends where the line does, and so does an external link.
  void end_line();

  /// `}}`, followed by another or not; returns how many of them it is.
  std::size_t close_template(bool third);
  /// `]]`.
  void close_link();
  /// `]`, when an external link is innermost.
  void close_external_link();
  /// `|}`; false if no table is innermost but for links that lack their end.
  bool close_table();

  /// What is still open when the page or a section ends is dropped to the next empty line: most of the time it is a
  /// template or table that someone forgot to close, and the prose after it is not part of it.
  void drop_unclosed();

  std::string out;

 private:
  struct Frame {
    Kind kind;
    std::size_t begin;        // in out
    std::size_t bars;         // the first of its bars_
    bool triple = false;      // {{{...}}}
    std::size_t ignored = 0;  // templates in it that are nested too deep for frames of their own
  };
  struct Bar {
    std::size_t at;      // of the | in out
    std::size_t equals;  // of the first = after it
  };

  bool unwind_to(Kind kind, std::initializer_list<Kind> between);
  void cut_to_hole(std::size_t begin);
  bool drops_links_to(std::string_view target, std::string_view prefix, const std::string& folded);
  std::string read_template(const Frame& frame);
  void cut_table();

  WikitextReport& report_;
  const WikiNamespaces& names_;
  std::vector<Frame> frames_;
  std::vector<Bar> bars_;
  std::vector<TemplateArgument> arguments_;
};

}  // namespace diecast
