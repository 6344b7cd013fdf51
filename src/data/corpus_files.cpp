#include "data/corpus_files.hpp"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <diecast/core/error.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace diecast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuiltinPrefix = "builtin:";
constexpr std::string_view kBuiltinStories = "builtin:stories";
constexpr std::uint64_t kMostStories = 100'000'000;  // about 100 GB of text

std::uint64_t count_stories(const std::string& source, std::uint64_t by_default) {
  std::string_view rest = source;
  const auto refuse = [&] {
    throw Error(Fault::usage, "there is no such built-in corpus", "\"" + source + "\"",
                "use builtin:stories or builtin:stories:N, N from 1 to " + std::to_string(kMostStories));
  };
  if (!rest.starts_with(kBuiltinStories)) refuse();
  rest.remove_prefix(kBuiltinStories.size());
  if (rest.empty()) return by_default;
  std::uint64_t count = 0;
  const char* const end = rest.data() + rest.size();
  const auto parsed = std::from_chars(rest.data() + 1, end, count);
  if (rest.front() != ':' || parsed.ec != std::errc() || parsed.ptr != end) refuse();
  if (count == 0 || count > kMostStories) refuse();
  return count;
}

// The log, the samples and the settings of a run are no text to train on.
bool holds_a_run(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "config.toml", ignored) && fs::is_directory(folder / "checkpoints", ignored);
}

// What is read of a folder when no pattern says otherwise.
bool has_known_name(std::string name) {
  name = in_lower_case(std::move(name));
  const auto drop = [&](const auto& endings) {
    for (const std::string_view ending : endings)
      if (name.size() > ending.size() && name.ends_with(ending))
        return name.resize(name.size() - ending.size()), true;
    return false;
  };
  constexpr std::array<std::string_view, 3> kCompressed{".gz", ".bz2", ".zst"};
  constexpr std::array<std::string_view, 9> kPlain{".txt",    ".text", ".md",  ".markdown", ".jsonl",
                                                   ".ndjson", ".json", ".xml", ".bin"};
  if (name.starts_with('.') || name.find("-multistream-index") != std::string::npos) return false;
  // The names of Wikipedia's dumps go on behind their .xml.
  if (drop(kCompressed)) return !name.ends_with(".tar");
  return drop(kPlain);
}

bool is_wanted(const std::string& name, const std::string& pattern) {
  return pattern.empty() ? has_known_name(name) : fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

// Adds what is wanted of the files below `folder`. Whether there is any file at all.
bool add_files_below(const fs::path& folder, const std::string& pattern, std::vector<fs::path>& files) {
  bool empty = true;
  try {
    for (fs::recursive_directory_iterator entry(folder), end; entry != end; ++entry) {
      if (entry->is_directory() && holds_a_run(entry->path())) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file()) {
        empty = false;
        if (is_wanted(entry->path().filename().string(), pattern)) files.push_back(entry->path());
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(Fault::usage, "cannot read the folder: " + error.code().message(), error.path1().string(),
                "make it readable or choose other data");
  }
  return !empty;
}

std::vector<fs::path> files_below(const fs::path& folder, const std::string& pattern) {
  std::vector<fs::path> files;
  if (!add_files_below(folder, pattern, files))
    throw Error(Fault::usage, "there is no file in the folder", folder.string(), "put files of text there");
  if (files.empty() && pattern.empty())
    throw Error(Fault::usage, "no file in the folder has a name like *.txt, *.md, *.jsonl, *.xml or *.gz",
                folder.string(), "set data.pattern to what the files are called");
  if (files.empty())
    throw Error(Fault::usage, "no file in the folder matches \"" + pattern + "\"", folder.string(),
                "set data.pattern to what the files are called");
  return files;
}

// Those that `source`, a glob, matches and those in folders that it matches.
std::vector<fs::path> files_that_match(const std::string& source, const std::string& pattern) {
  glob_t matches{};
  const int status = glob(source.c_str(), 0, nullptr, &matches);
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&matches, globfree);
  std::vector<fs::path> files;
  std::error_code ignored;
  for (std::size_t i = 0; status == 0 && i < matches.gl_pathc; ++i) {
    const fs::path match = matches.gl_pathv[i];
    if (fs::is_regular_file(match, ignored))
      files.push_back(match);
    else if (fs::is_directory(match, ignored) && !holds_a_run(match))
      add_files_below(match, pattern, files);
  }
  if (files.empty())
    throw Error(Fault::usage, "no file matches", "\"" + source + "\"",
                "give a file, a folder or a glob that matches");
  return files;
}

std::vector<fs::path> files_of_source(const std::string& source, const std::string& pattern) {
  std::error_code missing;
  const fs::file_status status = fs::status(source, missing);
  if (fs::is_directory(status)) return files_below(source, pattern);
  if (fs::exists(status)) return {source};
  if (source.find_first_of("*?[") != std::string::npos) return files_that_match(source, pattern);
  throw Error(Fault::usage, "cannot find the data: " + missing.message(), "\"" + source + "\"",
              "give a file, a folder, a glob or builtin:stories");
}

}  // namespace

std::string in_lower_case(std::string name) {
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return name;
}

std::vector<CorpusPart> find_corpus_parts(const CorpusOptions& options) {
  std::vector<CorpusPart> parts;
  for (const std::string& source : options.sources) {
    if (source.starts_with(kBuiltinPrefix)) {
      parts.push_back({.file = {}, .size = 0, .stories = count_stories(source, options.stories)});
      continue;
    }
    std::vector<fs::path> files = files_of_source(source, options.pattern);
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    for (fs::path& file : files) {
      std::error_code unknown;
      const std::uintmax_t size = fs::is_regular_file(file, unknown) ? fs::file_size(file, unknown) : 0;
      parts.push_back({.file = std::move(file), .size = unknown ? 0 : size, .stories = 0});
    }
  }
  if (parts.empty())
    throw Error(Fault::usage, "no data is given", {}, "give a file, a folder, a glob or builtin:stories");
  return parts;
}

std::vector<fs::path> find_corpus_files(const CorpusOptions& options) {
  std::vector<fs::path> files;
  for (CorpusPart& part : find_corpus_parts(options))
    if (!part.file.empty()) files.push_back(std::move(part.file));
  return files;
}

}  // namespace diecast
