#pragma once

#include <cstdint>
#include <diecast/data/corpus.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace diecast {

/// One thing to read: a file, or stories.
struct CorpusPart {
  std::filesystem::path file;  ///< empty for stories
  std::uint64_t size = 0;      ///< of the file on the disk; 0 for what has none, a pipe say
  std::uint64_t stories = 0;   ///< how many
};

/// What the sources of `options` stand for, in the order in which it is read: sources as they are given,
/// files of each in the byte order of their paths. Throws Error(Fault::usage) for a source that stands for
/// nothing.
std::vector<CorpusPart> find_corpus_parts(const CorpusOptions& options);

/// The files among them.
std::vector<std::filesystem::path> find_corpus_files(const CorpusOptions& options);

/// As far as it is ASCII.
std::string in_lower_case(std::string name);

}  // namespace diecast
