#include <diecast/report/log.hpp>

#include <utility>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/report/write_stderr.hpp>

namespace diecast {

void Log::open(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  file_.emplace(path);
  write(before_file_);
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
  if (file_)
    write(fmt::format("{}\n", text));
  else
    (before_file_ += text) += '\n';
}

void Log::write(std::string_view piece) {
  try {
    file_->append(piece);
  } catch (const Error& error) {
    if (std::exchange(warned_, true) || level_ < Level::warning) return;
    say(fmt::format("warning: {}; the run goes on", error.what()));
  }
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
