#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace diecast {

/// Where documents come from.
struct DocumentSource {
  /// `builtin:stories`, `builtin:stories:N` (the first N), a file, a folder or a glob.
  std::string source;
  /// Of the names of a folder's files, those in folders below it included; folders of runs are left out.
  std::string pattern = "*.txt";
  /// How many stories `builtin:stories` is when it has no number.
  std::uint64_t stories = 0;
  /// Of the generator of stories.
  std::uint64_t seed = 0;
};

/// Told about a source that is usable but perhaps not what was meant.
using Warn = std::function<void(std::string_view)>;

/// Reads all documents of a source, files in the byte order of their paths. A file is one document, taken
/// byte for byte; an empty file is none. Files that are not UTF-8 are read like any other and warned about
/// once, all together. Throws Error(Fault::usage) when there is nothing to read, it cannot be read or
/// a file's name is that of another format: *.jsonl, *.gz, *.bz2, *.zst, *.bin.
std::vector<std::string> read_documents(const DocumentSource& source, const Warn& warn);

}  // namespace diecast
