#include <simdjson.h>

#include <algorithm>
#include <diecast/core/error.hpp>
#include <string_view>
#include <utility>

#include "data/document_readers.hpp"

namespace diecast {
namespace {

class JsonlDocuments final : public DocumentStream {
 public:
  JsonlDocuments(std::unique_ptr<ByteSource> bytes, std::string name, JsonlOptions options,
                 CorpusCounts& counts)
      : bytes_(std::move(bytes)), name_(std::move(name)), options_(std::move(options)), counts_(counts) {}

  bool next(Document& document) override {
    while (find_line()) {
      const std::size_t begin = std::exchange(begin_, std::min(line_end_ + 1, end_));
      ++line_;
      if (read_text(begin, line_end_ - begin, document.text)) {
        document.name = place();
        return true;
      }
    }
    return false;
  }

  StreamProgress progress() const override { return {.bytes = bytes_->consumed()}; }

 private:
  // False at the end. simdjson reads some bytes behind a line, too.
  bool find_line() {
    std::size_t searched = begin_;
    for (;;) {
      line_end_ = std::min(buffer_.find('\n', searched), end_);
      if (at_end_ ? begin_ < end_ : line_end_ + simdjson::SIMDJSON_PADDING <= end_) break;
      if (at_end_) return false;
      if (line_end_ - begin_ > kMaxJsonlLine) break;
      searched = line_end_ - begin_;
      read_more();
    }
    if (line_end_ - begin_ <= kMaxJsonlLine) return true;
    throw Error(Fault::usage,
                "a line of JSONL is longer than " + std::to_string(kMaxJsonlLine >> 20) + " MiB",
                name_ + ':' + std::to_string(line_ + 1), "put each document on a line of its own");
  }

  void read_more() {
    constexpr std::size_t kChunk = std::size_t{1} << 20;
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t wanted = buffer_.size() + kChunk;
    fill_front(*bytes_, buffer_, wanted);
    end_ = buffer_.size();
    at_end_ = end_ < wanted;
    if (at_end_) buffer_.append(simdjson::SIMDJSON_PADDING, ' ');
  }

  // False if the line has no text, for a reason that is counted or because it is blank or the text is empty.
  bool read_text(std::size_t begin, std::size_t size, std::string& text) {
    const std::string_view line(buffer_.data() + begin, size);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return false;
    simdjson::dom::element root;
    simdjson::dom::object object;
    std::string_view found;
    if (const auto error = parser_.parse(line.data(), size, false).get(root)) {
      count_bad(simdjson::error_message(error));
    } else if (root.get(object)) {
      count_bad("it is no JSON object");
    } else if (const auto missing = object[options_.text_field].get(found)) {
      const std::string field = '"' + options_.text_field + '"';
      count_bad(missing == simdjson::NO_SUCH_FIELD ? "it has no " + field : "its " + field + " is no string");
    } else {
      text.assign(found);
      return !text.empty();
    }
    return false;
  }

  std::string place() const { return name_ + ':' + std::to_string(line_); }

  void count_bad(const std::string& why) {
    if (counts_.bad_lines++ == 0) counts_.first_bad = place() + ": " + why;
    if (counts_.bad_lines <= options_.max_bad) return;
    throw Error(Fault::usage,
                options_.max_bad == 0
                    ? "a bad line of JSONL"
                    : "more than " + std::to_string(options_.max_bad) + " bad lines of JSONL",
                (options_.max_bad == 0 ? "" : "the first is ") + counts_.first_bad,
                "mend them, set data.text_field or raise data.max_bad");
  }

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  JsonlOptions options_;
  CorpusCounts& counts_;
  simdjson::dom::parser parser_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what has not been given; behind it, at the file's end, is padding
  std::size_t line_end_ = 0;
  std::uint64_t line_ = 0;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<DocumentStream> open_jsonl(std::unique_ptr<ByteSource> bytes, std::string name,
                                           JsonlOptions options, CorpusCounts& counts) {
  return std::make_unique<JsonlDocuments>(std::move(bytes), std::move(name), std::move(options), counts);
}

bool is_json_object(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  return parser.parse(line.data(), line.size(), true).get(object) == simdjson::SUCCESS;
}

}  // namespace diecast
