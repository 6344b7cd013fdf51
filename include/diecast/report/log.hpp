#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <diecast/core/appended_file.hpp>
#include <diecast/report/progress.hpp>

namespace diecast {

/// What a run says: messages on stderr, down to the chosen level, and all of them in RUN/log.txt. A message that
/// cannot be written ends nothing; for the file it is said once. Thread-safe.
class Log {
 public:
  enum class Level { error, warning, info };

  explicit Log(Level level) : level_(level) {}

  /// Appends to this file all that was said so far and will be. Throws Error(Fault::run).
  void open(const std::filesystem::path& path);

  void info(std::string_view text);
  void warning(std::string_view text);
  /// Only into the file: what would be too much for a terminal.
  void detail(std::string_view text);
  /// The progress line of stderr; quiet below `info`.
  void progress(const Progress& progress);
  void progress(const ReadingProgress& progress);

 private:
  void say(std::string_view text);
  void append(std::string_view text);
  void write(std::string_view piece);

  Level level_;
  std::mutex mutex_;
  std::optional<AppendedFile> file_;
  std::string before_file_;
  bool warned_ = false;  // that the file cannot be written
  ProgressDisplay display_{stderr};
};

}  // namespace diecast
