#include <diecast/data/documents.hpp>

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

#include <diecast/core/error.hpp>
#include <diecast/data/stories.hpp>

#include "core/utf8.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;
namespace views = ranges::views;

constexpr std::string_view kBuiltin = "builtin:";
constexpr std::string_view kStories = "builtin:stories";
constexpr std::uint64_t kMaxStories = 10'000'000;  // about 10 GB of text, all in memory

std::uint64_t story_count(const DocumentSource& source) {
  std::string_view rest = source.source;
  const auto refuse = [&] {
    throw Error(Fault::usage, "there is no such built-in corpus", "data.source = \"" + source.source + "\"",
                "use builtin:stories or builtin:stories:N, N from 1 to " + std::to_string(kMaxStories));
  };
  if (!rest.starts_with(kStories)) refuse();
  rest.remove_prefix(kStories.size());
  if (rest.empty()) return source.stories;
  std::uint64_t count = 0;
  const char* const end = rest.data() + rest.size();
  const auto parsed = std::from_chars(rest.data() + 1, end, count);
  if (rest.front() != ':' || parsed.ec != std::errc() || parsed.ptr != end) refuse();
  if (count == 0 || count > kMaxStories) refuse();
  return count;
}

std::vector<std::string> read_stories(const DocumentSource& source) {
  return views::iota(std::uint64_t{0}, story_count(source)) |
         views::transform([&](std::uint64_t index) { return story(source.seed, index); }) |
         ranges::to<std::vector>();
}

// The log, the samples and the settings of a run are no text to train on.
bool is_run_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "config.toml", ignored) && fs::is_directory(folder / "checkpoints", ignored);
}

std::vector<fs::path> files_in_folder(const fs::path& folder, const std::string& pattern) {
  std::vector<fs::path> files;
  try {
    for (fs::recursive_directory_iterator entry(folder), end; entry != end; ++entry) {
      if (entry->is_directory() && is_run_folder(entry->path()))
        entry.disable_recursion_pending();
      else if (entry->is_regular_file() &&
               fnmatch(pattern.c_str(), entry->path().filename().c_str(), FNM_PERIOD) == 0)
        files.push_back(entry->path());
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(Fault::usage, "cannot read the folder: " + error.code().message(), error.path1().string(),
                "make it readable or choose another data.source");
  }
  if (files.empty())
    throw Error(Fault::usage, "no file in the folder matches \"" + pattern + "\"", folder.string(),
                "set data.pattern to what the files are called");
  return files;
}

std::vector<fs::path> files_of_glob(const std::string& pattern) {
  glob_t matches{};
  const int status = glob(pattern.c_str(), 0, nullptr, &matches);
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&matches, globfree);
  std::vector<fs::path> files;
  std::error_code ignored;
  for (std::size_t i = 0; status == 0 && i < matches.gl_pathc; ++i)
    if (fs::is_regular_file(matches.gl_pathv[i], ignored)) files.emplace_back(matches.gl_pathv[i]);
  if (files.empty())
    throw Error(Fault::usage, "no file matches", "data.source = \"" + pattern + "\"",
                "give a file, a folder or a glob that matches");
  return files;
}

std::vector<fs::path> find_files(const DocumentSource& source) {
  std::error_code missing;
  const fs::file_status status = fs::status(source.source, missing);
  if (fs::is_directory(status)) return files_in_folder(source.source, source.pattern);
  if (fs::exists(status)) return {source.source};
  if (source.source.find_first_of("*?[") != std::string::npos) return files_of_glob(source.source);
  throw Error(Fault::usage, "cannot find the data: " + missing.message(),
              "data.source = \"" + source.source + "\"", "give a file, a folder, a glob or builtin:stories");
}

// Formats that are not text: their bytes would be learnt as if they were.
void refuse_other_formats(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    std::string extension = file.extension().string();
    for (char& letter : extension)
      letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    for (const char* other : {".jsonl", ".gz", ".bz2", ".zst", ".bin"})
      if (extension == other)
        throw Error(Fault::usage, "reading " + extension + " files is not available yet", file.string(),
                    "give files of plain text");
  }
}

// Reads to the end instead of asking for the size, so that a pipe is a file too.
std::string read_file(const fs::path& path) {
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  std::string text;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  while (file) {
    const std::size_t size = text.size();
    text.resize(size + kChunk);
    file.read(text.data() + size, kChunk);
    text.resize(size + static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof() || file.bad())
    throw Error(Fault::usage, "cannot read the file: " + std::generic_category().message(errno),
                path.string(), "make it readable or choose another data.source");
  text.shrink_to_fit();
  return text;
}

std::vector<std::string> read_files(const DocumentSource& source, const Warn& warn) {
  std::vector<fs::path> files = find_files(source);
  refuse_other_formats(files);
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  std::vector<std::string> documents;
  std::size_t not_utf8 = 0;
  std::string first_not_utf8;
  for (const fs::path& file : files) {
    std::string text = read_file(file);
    if (!is_utf8(text) && not_utf8++ == 0) first_not_utf8 = file.string();
    if (!text.empty()) documents.push_back(std::move(text));
  }
  if (documents.empty())
    throw Error(Fault::usage, files.size() == 1 ? "the file is empty" : "all files are empty",
                "data.source = \"" + source.source + "\"", "give files with text");
  if (not_utf8 > 0 && warn)
    warn(std::to_string(not_utf8) + " of " + std::to_string(files.size()) +
         " files are not UTF-8, the first is " + first_not_utf8 + "; its bytes are kept as they are");
  return documents;
}

}  // namespace

std::vector<std::string> read_documents(const DocumentSource& source, const Warn& warn) {
  return source.source.starts_with(kBuiltin) ? read_stories(source) : read_files(source, warn);
}

}  // namespace diecast
