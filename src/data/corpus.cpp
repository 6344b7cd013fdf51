#include <algorithm>
#include <diecast/core/error.hpp>
#include <diecast/data/corpus.hpp>
#include <diecast/data/stories.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "data/byte_source.hpp"
#include "data/corpus_files.hpp"
#include "data/document_readers.hpp"
#include "data/wikipedia.hpp"

namespace diecast {
namespace {

constexpr std::size_t kFormatFront = std::size_t{64} << 10;  // of a file, by which its format is told
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

class StoryDocuments final : public DocumentStream {
 public:
  StoryDocuments(std::uint64_t seed, std::uint64_t count) : seed_(seed), count_(count) {}

  bool next(Document& document) override {
    if (next_ == count_) return false;
    document.text = story(seed_, next_);
    document.name = "builtin:stories: number " + std::to_string(next_) + " of seed " + std::to_string(seed_);
    ++next_;
    return true;
  }

  StreamProgress progress() const override { return {}; }

 private:
  std::uint64_t seed_, count_, next_ = 0;
};

std::string_view without_mark_and_space(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// Whether the name, without the ending of a compressed file, is one of JSON's: such a file is no plain text,
// even if its first line is bad.
bool has_json_name(std::filesystem::path name) {
  const auto ending = [&] { return in_lower_case(name.extension().string()); };
  const std::string outer = ending();
  if (outer == ".gz" || outer == ".bz2" || outer == ".zst") name.replace_extension();
  const std::string inner = ending();
  return inner == ".jsonl" || inner == ".ndjson" || inner == ".json";
}

bool begins_jsonl(ByteSource& bytes, std::string& front) {
  if (!without_mark_and_space(front).starts_with('{')) return false;
  const auto line_end = [&] { return front.find('\n', front.size() - without_mark_and_space(front).size()); };
  for (std::size_t size = 0;
       line_end() == std::string::npos && front.size() > size && size <= kMaxJsonlLine;) {
    size = front.size();
    fill_front(bytes, front, 2 * size);
  }
  const std::string_view text = without_mark_and_space(front);
  return is_json_object(text.substr(0, text.find('\n')));
}

bool is_wikipedia(std::string_view front) {
  front = without_mark_and_space(front);
  if (front.starts_with("<?xml"))
    front = without_mark_and_space(front.substr(std::min(front.find('>'), front.size() - 1) + 1));
  return front.starts_with("<mediawiki");
}

// Bytes that are no text would be learnt as if they were.
void refuse_binary(std::string_view front, const std::string& name) {
  if (front.starts_with("\xFF\xFE") || front.starts_with("\xFE\xFF"))
    throw Error(Fault::usage, "the file is UTF-16", name, "convert it to UTF-8: iconv -f UTF-16 -t UTF-8");
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' &&
            std::string_view("\t\n\v\f\r\b\x1B").find(c) == std::string_view::npos) ||
           c == '\x7F';
  };
  front = front.substr(0, kFormatFront);
  const bool has_null = front.find('\0') != std::string_view::npos;
  const auto controls = static_cast<std::size_t>(std::count_if(front.begin(), front.end(), is_control));
  if (has_null || 10 * controls > 3 * front.size())
    throw Error(Fault::usage, "the file is not text", name,
                "leave it out or give text, JSONL or Wikipedia's XML");
}

class CorpusDocuments final : public DocumentStream {
 public:
  CorpusDocuments(const CorpusOptions& options, const Notice& notice)
      : options_(options), notice_(notice), parts_(find_corpus_parts(options)) {
    if (options.split == TextSplit::separator && options.separator.empty())
      throw Error(Fault::usage, "the separator of documents is empty", "data.separator",
                  "set it or choose another split");
    bool all_known = true;
    std::error_code ignored;
    for (const CorpusPart& part : parts_) {
      total_bytes_ += part.size;
      all_known = all_known && (part.size > 0 || std::filesystem::is_regular_file(part.file, ignored));
    }
    if (!all_known) total_bytes_ = 0;
    if (!options_.sample_bound) options_.sample_bound = std::make_shared<std::optional<std::uint64_t>>();
  }

  bool next(Document& document) override {
    for (;;) {
      tick();
      if (!reader_) {
        if (part_ == parts_.size()) return finish();
        open_part(parts_[part_]);
      }
      if (reader_->next(document)) {
        if (own_ids_) document.id = documents_;
        ++documents_;
        return true;
      }
      finished_bytes_ += reader_->progress().bytes;
      reader_.reset();
      ++part_;
    }
  }

  StreamProgress progress() const override {
    return {.bytes = finished_bytes_ + (reader_ ? reader_->progress().bytes : 0),
            .total = total_bytes_,
            .files = part_,
            .total_files = parts_.size()};
  }

 private:
  // `more`: bytes that are read of a part that has no reader yet.
  void tick(std::uint64_t more = 0) const {
    if (!options_.tick) return;
    StreamProgress at = progress();
    at.bytes += more;
    options_.tick(at);
  }

  // The content of a file, and what it begins with, which has been read.
  struct Opened {
    std::unique_ptr<ByteSource> bytes;
    std::string front;
  };
  Opened open_part_file(const CorpusPart& part) const {
    Opened opened{.bytes = open_bytes(part.file, options_.threads), .front = {}};
    fill_front(*opened.bytes, opened.front, kFormatFront);
    return opened;
  }

  void open_part(const CorpusPart& part) {
    own_ids_ = true;
    if (part.file.empty()) {
      reader_ = std::make_unique<StoryDocuments>(options_.seed, part.stories);
      return;
    }
    const std::string name = part.file.string();
    auto [bytes, front] = open_part_file(part);
    if (is_wikipedia(front)) {
      own_ids_ = false;
      reader_ = open_wikipedia(put_back(std::move(front), std::move(bytes)), name,
                               {.seed = options_.seed, .bound = sample_bound(part), .tick = [this] { tick(); }},
                               notice_);
    } else if (begins_jsonl(*bytes, front) || (has_json_name(part.file) && !front.empty())) {
      if (front.starts_with(kUtf8Mark)) front.erase(0, kUtf8Mark.size());
      reader_ = open_jsonl(put_back(std::move(front), std::move(bytes)), name,
                           {.text_field = options_.text_field, .max_bad = options_.max_bad}, counts_);
    } else {
      refuse_binary(front, name);
      reader_ = open_text(put_back(std::move(front), std::move(bytes)), name,
                          {.split = options_.split, .separator = options_.separator}, counts_);
    }
  }

  // A sample is drawn from all dumps together, which are read once for that when the first one's turn has
  // come.
  std::uint64_t sample_bound(const CorpusPart& first) {
    if (options_.sample == 0) return std::numeric_limits<std::uint64_t>::max();
    if (first.size == 0)
      throw Error(Fault::usage, "a sample is drawn from what can be read twice", first.file.string(),
                  "give a file or set data.sample to 0");
    std::optional<std::uint64_t>& bound = *options_.sample_bound;
    if (!bound) {
      PageSample sample(options_.sample, options_.seed);
      for (const CorpusPart& part : parts_) {
        if (part.size == 0) continue;
        Opened opened = open_part_file(part);
        if (!is_wikipedia(opened.front)) continue;
        const auto bytes = put_back(std::move(opened.front), std::move(opened.bytes));
        if (total_bytes_ > 0) total_bytes_ += part.size;
        sample.add(*bytes, part.file.string(), [&] { tick(bytes->consumed()); });
        finished_bytes_ += bytes->consumed();
      }
      bound = sample.bound();
    }
    return *bound;
  }

  bool finish() {
    if (std::exchange(finished_, true)) return false;
    if (options_.sample > 0 && !*options_.sample_bound)
      tell("no source is a Wikipedia dump, of which a sample could be drawn: all of the text is taken");
    if (counts_.not_utf8 > 0)
      tell(std::to_string(counts_.not_utf8) + " of " + std::to_string(counts_.text_files) +
           (counts_.text_files == 1 ? " file is" : " files are") + " not UTF-8, the first is " +
           counts_.first_not_utf8 + "; its bytes are kept as they are");
    if (counts_.bad_lines > 0)
      tell(std::to_string(counts_.bad_lines) + (counts_.bad_lines == 1 ? " line" : " lines") +
           " of JSONL left out, the first is " + counts_.first_bad);
    if (documents_ == 0)
      throw Error(Fault::usage,
                  parts_.size() == 1 ? "there is no text in the file" : "there is no text in the files",
                  parts_.front().file.string(), "give files with text");
    return false;
  }

  void tell(const std::string& text) const {
    if (notice_) notice_(text);
  }

  CorpusOptions options_;
  Notice notice_;
  std::vector<CorpusPart> parts_;
  CorpusCounts counts_;
  std::unique_ptr<DocumentStream> reader_;  // of part `part_`, if it is open
  std::size_t part_ = 0;
  bool own_ids_ = true;  // whether the source has none
  bool finished_ = false;
  std::uint64_t documents_ = 0;
  std::uint64_t finished_bytes_ = 0, total_bytes_ = 0;
};

}  // namespace

std::unique_ptr<DocumentStream> open_documents(const CorpusOptions& options, const Notice& notice) {
  return std::make_unique<CorpusDocuments>(options, notice);
}

}  // namespace diecast
