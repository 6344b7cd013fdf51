#include <diecast/report/log.hpp>

#include <utility>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/report/write_stderr.hpp>

namespace diecast {

void Log::open(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  path_ = path;
  file_.open(path, std::ios::app);
  if (!file_) throw Error(Fault::run, "cannot write", path.string(), "check its permissions");
  file_ << before_file_ << std::flush;
}

void Log::info(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (level_ >= Level::info) say(text);
  append(text);
}

void Log::warning(std::string_view text) {
  const std::string line = fmt::format("warning: {}", text);
  const std::lock_guard lock(mutex_);
  if (level_ >= Level::warning) say(line);
  append(line);
}

void Log::detail(std::string_view text) {
  const std::lock_guard lock(mutex_);
  append(text);
}

void Log::append(std::string_view text) {
  if (!file_.is_open()) {
    (before_file_ += text) += '\n';
    return;
  }
  file_ << text << std::endl;
  if (file_) return;
  file_.clear();
  if (std::exchange(warned_, true) || level_ < Level::warning) return;
  say(fmt::format("warning: cannot write, {}, check the free space; the run goes on", path_.string()));
}

void Log::progress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (level_ >= Level::info) display_.show(progress);
}

void Log::progress(const ReadingProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (level_ >= Level::info) display_.show(progress);
}

void Log::say(std::string_view text) {
  display_.clear();
  write_stderr(fmt::format("{}\n", text));
}

}  // namespace diecast
