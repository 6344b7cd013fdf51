#include "data/wikipedia.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <diecast/core/random.hpp>

#include "data/dump_reader.hpp"
#include "data/wikitext.hpp"

namespace diecast {
namespace {

// Dumps from before <redirect/>: #REDIRECT [[Title]], in the language of the wiki.
bool is_redirect_text(std::string_view text) {
  if (!text.starts_with('#')) return false;
  const std::size_t link = text.substr(0, text.find('\n')).find("[[");
  if (link == std::string_view::npos || link < 2 || text[1] == ' ') return false;
  const std::string_view word = text.substr(1, link - 1);
  return word.find_first_of("0123456789'.,*#<{&") == std::string_view::npos &&
         std::count(word.begin(), word.end(), ' ') < 3;
}

bool may_be_article(const DumpPage& page) { return !page.redirect && (page.space.empty() || page.space == "0"); }

class WikipediaStream final : public DocumentStream {
 public:
  WikipediaStream(std::unique_ptr<ByteSource> bytes, std::string name, const WikipediaOptions& options, Notice notice)
      : bytes_(std::move(bytes)),
        name_(std::move(name)),
        options_(options),
        notice_(std::move(notice)),
        reader_(*bytes_, name_, [this](const DumpPage& page) { return may_be_article(page) && in_sample(page); }) {}

  bool next(Document& document) override {
    while (reader_.next(page_)) {
      if (options_.tick) options_.tick();
      if (take(document)) return true;
    }
    if (notice_) notice_(summary());
    notice_ = {};
    return false;
  }

  StreamProgress progress() const override { return {.bytes = bytes_->consumed()}; }

 private:
  bool in_sample(const DumpPage& page) const { return page_rank(options_.seed, page.id) <= options_.bound; }

  // Counts the page; whether it is an article.
  bool take(Document& document) {
    if (page_.redirect) return ++redirects_, false;
    if (!may_be_article(page_)) return ++elsewhere_, false;
    if (!in_sample(page_)) return ++not_drawn_, false;
    if (page_.too_large) return ++too_large_, false;
    if (!page_.model.empty() && page_.model != "wikitext") return ++elsewhere_, false;
    if (is_redirect_text(page_.text)) return ++redirects_, false;
    const std::uint64_t disambiguations = report_.disambiguations;
    std::string text = wikitext_to_text(page_.text, report_, reader_.namespaces());
    if (report_.disambiguations > disambiguations) return ++disambiguation_pages_, false;
    if (text.empty()) return ++empty_, false;
    ++articles_;
    document.text = std::move(text);
    document.name = name_ + ": " + page_.title;
    document.id = page_.id;
    return true;
  }

  std::string summary() const {
    constexpr double kMiB = 1 << 20;
    std::string text = fmt::format("{}: {} article{}, {:.1f} MiB of text from {:.1f} MiB of wikitext", name_, articles_,
                                   articles_ == 1 ? "" : "s", static_cast<double>(report_.bytes_out) / kMiB,
                                   static_cast<double>(report_.bytes_in) / kMiB);
    using Counts = std::initializer_list<std::pair<std::string_view, std::uint64_t>>;
    const auto list = [&](std::string_view before, Counts counts) {
      for (const auto& [what, count] : counts) {
        if (count == 0) continue;
        text += fmt::format("{}{} {}", before, what, count);
        before = ", ";
      }
    };
    list("; pages left out: ", {{"redirects", redirects_},
                                {"other namespaces or kinds", elsewhere_},
                                {"disambiguation pages", disambiguation_pages_},
                                {"without text", empty_},
                                {"larger than 16 MiB", too_large_},
                                {"not in the sample", not_drawn_}});
    list("; left out of the text: ", {{"templates", report_.templates},
                                      {"tables", report_.tables},
                                      {"references", report_.references},
                                      {"files", report_.files},
                                      {"links to categories and languages", report_.links},
                                      {"formulas", report_.formulas},
                                      {"programs and charts", report_.blocks},
                                      {"comments", report_.comments},
                                      {"sections of references and links", report_.sections}});
    return text;
  }

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  WikipediaOptions options_;
  Notice notice_;
  DumpReader reader_;
  DumpPage page_;
  WikitextReport report_;
  std::uint64_t articles_ = 0, redirects_ = 0, elsewhere_ = 0, disambiguation_pages_ = 0, empty_ = 0, too_large_ = 0,
                not_drawn_ = 0;
};

}  // namespace

std::uint64_t page_rank(std::uint64_t seed, std::uint64_t id) {
  constexpr std::uint64_t kPages = 0x57696B69;  // a stream of its own
  return Random{seed, kPages}.bits(id);
}

void PageSample::add(ByteSource& bytes, const std::string& name, const std::function<void()>& tick) {
  DumpReader reader(bytes, name, [](const DumpPage&) { return false; });
  DumpPage page;
  while (count_ > 0 && reader.next(page)) {
    tick();
    if (!may_be_article(page)) continue;
    lowest_.push(page_rank(seed_, page.id));
    if (lowest_.size() > count_) lowest_.pop();
  }
}

std::uint64_t PageSample::bound() const {
  return lowest_.size() < count_ ? std::numeric_limits<std::uint64_t>::max() : lowest_.empty() ? 0 : lowest_.top();
}

std::unique_ptr<DocumentStream> open_wikipedia(std::unique_ptr<ByteSource> bytes, std::string name,
                                               const WikipediaOptions& options, Notice notice) {
  return std::make_unique<WikipediaStream>(std::move(bytes), std::move(name), options, std::move(notice));
}

}  // namespace diecast
