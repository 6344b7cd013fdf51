#include <diecast/checkpoint/run_folder.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <diecast/core/error.hpp>

#include "core/durable_file.hpp"

namespace diecast {

// An open descriptor of RUN/checkpoints with an exclusive flock; closing it drops the lock. The folder itself
// is locked, so that there is no file more in it.
class RunLock {
 public:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}
  ~RunLock() { ::close(descriptor_); }
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_;
};

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStepPrefix = "step-";
constexpr std::size_t kStepDigits = 8;

[[noreturn]] void refuse(const fs::path& folder, const std::string& reason) {
  throw Error(Fault::usage, "cannot create the run's folder: " + reason, folder.string(),
              "choose another one with --out");
}

void create_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) refuse(folder, error.message());
}

// An empty folder `checkpoints` is no run: it is what a start that failed at once leaves behind.
bool holds_run(const RunFolder& run) {
  std::error_code ignored;
  for (const fs::path& file : {run.config(), run.metrics(), run.tokenizer(), run.log()})
    if (fs::exists(fs::symlink_status(file, ignored))) return true;
  return fs::directory_iterator(run.checkpoints(), ignored) != fs::directory_iterator();
}

void refuse_run(const RunFolder& run) {
  if (holds_run(run))
    throw Error(Fault::usage, "this folder holds a run already", run.path().string(),
                "continue it with --resume or choose another one with --out");
}

}  // namespace

RunFolder RunFolder::create(const fs::path& path) {
  RunFolder run(path);
  refuse_run(run);
  create_folders(run.checkpoints());
  run.lock();
  refuse_run(run);  // of a process that had the lock until now
  return run;
}

RunFolder RunFolder::create_next(const fs::path& parent, std::string_view preset) {
  create_folders(parent);
  for (std::uint64_t number = 1;; ++number) {
    const fs::path path = parent / (std::string(preset) + "-" + std::to_string(number));
    std::error_code error;
    if (fs::create_directory(path, error)) return create(path);
    if (error && error != std::errc::file_exists) refuse(path, error.message());
  }
}

RunFolder RunFolder::open(const fs::path& path) {
  RunFolder run(path);
  std::error_code ignored;
  if (!fs::is_regular_file(run.config(), ignored))
    throw Error(Fault::usage, "there is no run here: no config.toml", path.string(),
                "give the folder that `train` printed when it started");
  return run;
}

RunFolder RunFolder::open_to_train(const fs::path& path) {
  RunFolder run = open(path);
  create_folders(run.checkpoints());
  run.lock();
  return run;
}

void RunFolder::lock() {
  const int descriptor = ::open(checkpoints().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) refuse(checkpoints(), std::generic_category().message(errno));
  lock_ = std::make_shared<RunLock>(descriptor);
  // Any other error is of a file system that cannot lock folders: on it, runs are not protected.
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error(Fault::usage, "another process is training this run", path_.string(),
                "wait for its end or stop it first");
}

fs::path RunFolder::checkpoint(std::uint64_t step) const { return checkpoints() / checkpoint_name(step); }

void RunFolder::write(const fs::path& file, std::string_view text) const { replace_file(file, text); }

std::string checkpoint_name(std::uint64_t step) {
  const std::string digits = std::to_string(step);
  return std::string(kStepPrefix) + std::string(kStepDigits - std::min(kStepDigits, digits.size()), '0') +
         digits;
}

std::optional<std::uint64_t> checkpoint_step(std::string_view name) {
  if (!name.starts_with(kStepPrefix)) return std::nullopt;
  std::uint64_t step = 0;
  std::from_chars(name.data() + kStepPrefix.size(), name.data() + name.size(), step);
  return checkpoint_name(step) == name ? std::optional(step) : std::nullopt;
}

std::vector<std::uint64_t> checkpoint_steps(const fs::path& checkpoints) {
  std::vector<std::uint64_t> steps;
  std::error_code error;
  for (fs::directory_iterator entry(checkpoints, error), end; !error && entry != end; entry.increment(error))
    if (const auto step = checkpoint_step(entry->path().filename().string())) steps.push_back(*step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

}  // namespace diecast
