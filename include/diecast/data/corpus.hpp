#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/data/document_stream.hpp>

namespace diecast {

/// Where a plain text ends one document and begins the next.
enum class TextSplit {
  file,         ///< nowhere: a file is one document
  blank_lines,  ///< at lines that are empty or blank
  separator,    ///< at each occurrence of CorpusOptions::separator
};

/// What to read and how.
struct CorpusOptions {
  /// Each a file, a folder, a glob, `builtin:stories` or `builtin:stories:N` (the first N); read one after another.
  std::vector<std::string> sources = {};
  /// Of the names of a folder's files, those in folders below it included; folders of runs are left out. Empty: every
  /// file whose format is known by its name (.txt, .md, .jsonl, .json.gz, .xml.bz2, ...).
  std::string pattern = {};
  TextSplit split = TextSplit::file;
  std::string separator = {};         ///< of TextSplit::separator, e.g. "<|endoftext|>"
  std::string text_field = "text";    ///< of a JSONL object
  std::uint64_t max_bad = 100;        ///< JSONL lines that may be bad before it is an error
  std::uint64_t sample = 0;           ///< of a Wikipedia dump, about so many pages, chosen by a hash of their ids; 0: all
  std::uint64_t stories = 10000;      ///< how many `builtin:stories` is without a number
  std::uint64_t seed = 1;             ///< of the stories and of the sample
  std::size_t threads = 1;            ///< that may decompress
  ReadTick tick = {};                 ///< for each document and each page of a dump
  /// What the sample's pages are known by, found by reading the dumps once; streams that share it do that once together.
  std::shared_ptr<std::optional<std::uint64_t>> sample_bound = {};
};

/// Told about input that is usable but perhaps not what was meant, and at the end what was left out.
using Notice = std::function<void(std::string_view)>;

/// The documents of a corpus: its sources in their order, files in the byte order of their paths, documents as they lie
/// in a file. Formats are recognised by content: plain text, JSONL, Wikipedia's XML, each also as gzip, bzip2 or zstd.
/// Memory: a few buffers, what the decompressors need and the largest document; a text that is one document is given in
/// parts of at most 16 MiB, a line of JSONL may have 32 MiB. Throws Error(Fault::usage) when a source stands for nothing;
/// the stream does when there is no document in any.
std::unique_ptr<DocumentStream> open_documents(const CorpusOptions& options, const Notice& notice);

}  // namespace diecast
