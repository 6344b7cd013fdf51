#pragma once

#include <cstddef>
#include <cstdint>
#include <diecast/data/corpus.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "data/byte_source.hpp"

namespace diecast {

/// What the readers of a corpus count together.
struct CorpusCounts {
  std::uint64_t text_files = 0, not_utf8 = 0;  ///< files of plain text, and those of them that are not UTF-8
  std::string first_not_utf8;
  std::uint64_t bad_lines = 0;  ///< of JSONL
  std::string first_bad;        ///< `path:line: why`
};

struct TextOptions {
  TextSplit split = TextSplit::file;
  std::string separator = {};
  std::size_t max_part = std::size_t{16} << 20;  ///< longer documents are given in parts
};

/// The documents of a plain text; not with the blank lines, the separators or the line ends beside these that
/// divide them. A part of a document that is too long ends behind a line or, failing that, a character. Holds
/// one part.
std::unique_ptr<DocumentStream> open_text(std::unique_ptr<ByteSource> bytes, std::string name,
                                          TextOptions options, CorpusCounts& counts);

struct JsonlOptions {
  std::string text_field = {};
  std::uint64_t max_bad = 0;
};

/// A longer line of JSONL is an error. A line of numbers needs some 20 times its size while it is read.
inline constexpr std::size_t kMaxJsonlLine = std::size_t{32} << 20;

/// The strings `text_field` of a JSON object on each line. Lines that have none are counted and left out;
/// more than `max_bad` in all are an Error(Fault::usage). Holds one line.
std::unique_ptr<DocumentStream> open_jsonl(std::unique_ptr<ByteSource> bytes, std::string name,
                                           JsonlOptions options, CorpusCounts& counts);

/// Whether `line` is a JSON object.
bool is_json_object(std::string_view line);

}  // namespace diecast
