#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "data/document_readers.hpp"

namespace diecast {
namespace {

constexpr std::string_view kTextBlanks = " \t\r", kTextLineEnds = "\r\n";

class TextDocuments final : public DocumentStream {
 public:
  TextDocuments(std::unique_ptr<ByteSource> bytes, std::string name, TextOptions options,
                CorpusCounts& counts)
      : bytes_(std::move(bytes)), name_(std::move(name)), options_(std::move(options)), counts_(counts) {
    ++counts_.text_files;
  }

  bool next(Document& document) override {
    for (;;) {
      skip_layout();
      const auto end = find_end();
      const std::size_t size = buffer_.size() - begin_;
      const bool too_long = end ? end->text - begin_ > options_.max_part
                                : size > options_.max_part + (at_end_ ? 0 : options_.separator.size());
      if (too_long) {
        const std::size_t cut = part_end();
        give({cut, cut}, document);
        return true;
      }
      if (end) {
        if (give(*end, document)) return true;
      } else if (at_end_) {
        return size > 0 && give({text_end(buffer_.size()), buffer_.size()}, document);
      } else {
        read_more();
      }
    }
  }

  StreamProgress progress() const override { return {.bytes = bytes_->consumed()}; }

 private:
  // Where a document ends, and where the next one may begin; in the buffer.
  struct End {
    std::size_t text, next;
  };

  void read_more() {
    buffer_.erase(0, begin_);
    searched_ -= std::min(searched_, begin_);
    begin_ = 0;
    const std::size_t wanted = buffer_.size() + std::min(options_.max_part, std::size_t{1} << 20);
    fill_front(*bytes_, buffer_, wanted);
    at_end_ = buffer_.size() < wanted;
  }

  // What lies between two documents.
  void skip_layout() {
    if (options_.split == TextSplit::separator && fresh_)
      move_to(std::min(buffer_.find_first_not_of(kTextLineEnds, begin_), buffer_.size()));
    if (options_.split == TextSplit::blank_lines) {
      // A line's indentation is a part of it.
      const std::size_t visible = buffer_.find_first_not_of(" \t\r\n", begin_);
      const std::size_t line_end = buffer_.rfind('\n', visible);
      if (line_end != std::string::npos && line_end >= begin_) move_to(line_end + 1);
      if (visible == std::string::npos && (at_end_ || buffer_.size() - begin_ > options_.max_part))
        move_to(buffer_.size());
    }
  }

  void move_to(std::size_t position) {
    line_ += static_cast<std::uint64_t>(std::count(buffer_.data() + begin_, buffer_.data() + position, '\n'));
    begin_ = position;
    searched_ = std::max(searched_, begin_);
  }

  std::optional<End> find_end() {
    switch (options_.split) {
      case TextSplit::file:
        return {};
      case TextSplit::blank_lines:
        return find_blank_line();
      case TextSplit::separator:
        return find_separator();
    }
    return {};
  }

  std::optional<End> find_separator() {
    const std::size_t found = buffer_.find(options_.separator, searched_);
    if (found != std::string::npos) return End{text_end(found), found + options_.separator.size()};
    // The buffer may end in the middle of one.
    const std::size_t unknown = std::min(buffer_.size() - begin_, options_.separator.size() - 1);
    searched_ = std::max(searched_, buffer_.size() - unknown);
    return {};
  }

  // `searched_` is where a line begins.
  std::optional<End> find_blank_line() {
    for (std::size_t end = buffer_.find('\n', searched_); end != std::string::npos;
         end = buffer_.find('\n', searched_)) {
      const std::size_t visible = buffer_.find_first_not_of(kTextBlanks, searched_);
      if (visible == end && searched_ > begin_) return End{text_end(searched_), end + 1};
      searched_ = end + 1;
    }
    return {};
  }

  // The end of a text that goes to `position` at most: line ends at a separator or a blank line are not a
  // part of it.
  std::size_t text_end(std::size_t position) const {
    if (options_.split == TextSplit::file) return position;
    if (options_.split == TextSplit::blank_lines) {
      const std::size_t line = buffer_.rfind('\n', position - 1);
      if (line != std::string::npos && line > begin_ &&
          buffer_.find_first_not_of(kTextBlanks, line + 1) >= position)
        position = line;
    }
    while (position > begin_ && kTextLineEnds.find(buffer_[position - 1]) != std::string_view::npos)
      --position;
    return position;
  }

  // Where to end a part: behind a line if one ends in its second half, or else not inside a character of
  // UTF-8.
  std::size_t part_end() const {
    const std::size_t most = begin_ + options_.max_part;
    const std::size_t line = buffer_.rfind('\n', most - 1);
    if (line != std::string::npos && line >= begin_ + options_.max_part / 2) return line + 1;
    std::size_t cut = most;
    while (cut + 3 > most && cut > begin_ + 1 && (static_cast<unsigned char>(buffer_[cut]) & 0xC0) == 0x80)
      --cut;
    return (static_cast<unsigned char>(buffer_[cut]) & 0xC0) == 0x80 ? most : cut;
  }

  // False, and nothing given, if the text is empty.
  bool give(End end, Document& document) {
    const bool empty = end.text == begin_;
    if (!empty) {
      document.text.assign(buffer_, begin_, end.text - begin_);
      document.name = line_ == 1 ? name_ : name_ + ':' + std::to_string(line_);
      check_utf8(document.text);
    }
    fresh_ = end.next > end.text;
    move_to(end.next);
    searched_ = begin_;
    return !empty;
  }

  void check_utf8(const std::string& text) {
    if (warned_ || simdjson::validate_utf8(text)) return;
    warned_ = true;
    if (counts_.not_utf8++ == 0) counts_.first_not_utf8 = name_;
  }

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  TextOptions options_;
  CorpusCounts& counts_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the document, in the buffer
  std::size_t searched_ = 0;  // no document ends before
  std::uint64_t line_ = 1;    // of `begin_`
  bool fresh_ = true;         // whether a document begins there, not a later part of one
  bool at_end_ = false, warned_ = false;
};

}  // namespace

std::unique_ptr<DocumentStream> open_text(std::unique_ptr<ByteSource> bytes, std::string name,
                                          TextOptions options, CorpusCounts& counts) {
  return std::make_unique<TextDocuments>(std::move(bytes), std::move(name), std::move(options), counts);
}

}  // namespace diecast
