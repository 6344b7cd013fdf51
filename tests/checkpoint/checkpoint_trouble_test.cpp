#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

#include "tests/checkpoint/checkpoint_fixture.hpp"
#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unprivileged.hpp"

using namespace diecast;
using namespace diecast::testing;
namespace fs = std::filesystem;

namespace {

// Loads a checkpoint that somebody changed: it must be refused with the model untouched, or equal the
// original.
void check_changed(const fs::path& checkpoint, const FakeModel& original) {
  FakeModel model;
  model.fill_all(-1);
  const FakeModel untouched = model;
  try {
    const TrainState state = load_checkpoint(checkpoint, model);
    CHECK(state == state_at(7));
    CHECK(model == original);
  } catch (const Error&) {
    CHECK(model == untouched);
  }
}

// A file system in memory, if this process may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const char* options)
      : mounted_(mount("none", path().c_str(), "tmpfs", 0, options) == 0) {}
  ~SmallDisk() {
    if (mounted_) umount(path().c_str());
  }
  const fs::path& path() const { return folder_.path(); }
  bool mounted() const { return mounted_; }

 private:
  TemporaryFolder folder_;
  bool mounted_;
};

}  // namespace

TEST_CASE("an old checkpoint that cannot be deleted loses its name, and the new one is saved") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(1), {.last = 1});
  fs::permissions(folder.path(), fs::perms{0755});
  fs::permissions(run.checkpoints(), fs::perms::all);
  fs::permissions(run.checkpoint(1), fs::perms{0555});
  {
    const Unprivileged nobody;
    CHECK(error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(2), {.last = 1}); }) == "no error");
    CHECK(error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(3), {.last = 1}); }) == "no error");
  }
  CHECK(checkpoint_steps(run.checkpoints()) == std::vector<std::uint64_t>{3});
  CHECK(find_latest(run) == run.checkpoint(3));
  const fs::path left = run.checkpoints() / ".tmp-old-step-00000001";
  CHECK(fs::exists(left / "model.safetensors"));
  fs::permissions(left, fs::perms::owner_all);
  save_checkpoint(run, model, state_at(4), {.last = 1});
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000004"});
}

TEST_CASE("leftovers of a killed process are removed by the next one that saves") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  write_file(run.checkpoints() / ".tmp-step-00000006/model.safetensors", "half");
  FakeModel model;
  CHECK_FALSE(find_latest(run).has_value());
  save_checkpoint(run, model, state_at(7), kKeepAll);
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000007"});
}

TEST_CASE("a damaged checkpoint is refused by the name of the file") {
  const SavedRun saved;
  FakeModel model;
  saved.for_each_file([&](const fs::path& path, const std::string& whole) {
    const auto load = [&] { load_checkpoint(saved.checkpoint(), model); };
    const auto verify = [&] { verify_checkpoint(saved.checkpoint()); };
    CHECK(error_of(Fault::run, verify) == "no error");
    write_file(path, whole.substr(0, whole.size() / 2));
    CHECK(contains(error_of(Fault::run, load), path.string()));
    CHECK(contains(error_of(Fault::run, verify), path.string()));
    fs::remove(path);
    CHECK(contains(error_of(Fault::run, load), path.string()));
    CHECK(contains(error_of(Fault::run, verify), path.string()));
  });
}

TEST_CASE("a checkpoint cut off anywhere is refused and leaves the model untouched") {
  const SavedRun saved;
  saved.for_each_file([&](const fs::path& path, const std::string& whole) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      write_file(path, whole.substr(0, size));
      check_changed(saved.checkpoint(), saved.model);
    }
  });
}

TEST_CASE("a flipped bit is found, or changes nothing") {
  const SavedRun saved;
  const Random random{1, 1};
  saved.for_each_file([&](const fs::path& path, const std::string& whole) {
    for (std::uint64_t trial = 0; trial < 2000; ++trial) {
      const std::uint64_t bit = random.bits(trial) % (8 * whole.size());
      std::string flipped = whole;
      flipped[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      write_file(path, flipped);
      CAPTURE(bit);
      check_changed(saved.checkpoint(), saved.model);
    }
  });
}

TEST_CASE("a write error in any file leaves older checkpoints and no temporary folder") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  model.fill_distinct();
  save_checkpoint(run, model, state_at(1), {.last = 1});
  const auto before = names_in(run.checkpoints());
  rlimit unlimited{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit is then an error, EFBIG
  for (const rlim_t limit : {0, 100, 400, 500, 600}) {
    CAPTURE(limit);
    rlimit limited{limit, unlimited.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
    const std::string error = error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(2), {.last = 1}); });
    setrlimit(RLIMIT_FSIZE, &unlimited);
    CHECK(contains(
        error, "cannot save the checkpoint: cannot write the file: File too large, " + run.path().string()));
    CHECK(contains(error, "1 MiB"));
    CHECK(names_in(run.checkpoints()) == before);
    FakeModel loaded;
    CHECK(load_checkpoint(*find_latest(run), loaded) == state_at(1));
    CHECK(loaded == model);
  }
  std::signal(SIGXFSZ, previous);
}

TEST_CASE("a full disk is noticed before anything is written") {
  const SmallDisk disk("size=96k");
  if (!disk.mounted()) {
    MESSAGE("skipped: mounting a small file system is not permitted");
    return;
  }
  const RunFolder run = RunFolder::create(disk.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(1), kKeepAll);
  write_file(disk.path() / "ballast", std::string(64 * 1024, 'x'));
  const std::string error = error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(2), kKeepAll); });
  CHECK(contains(error, "only 0 MiB are free, " + run.checkpoints().string()));
  CHECK(contains(error, "see that 1 MiB are free"));
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000001"});
  CHECK(load_checkpoint(*find_latest(run), model) == state_at(1));
}

TEST_CASE("whenever the process is killed, the latest checkpoint is complete") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  std::uint64_t last = 0;
  for (int kill_number = 0; kill_number < 20; ++kill_number) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      FakeModel model;
      for (std::uint64_t step = last + 1;; ++step) {
        model.fill_all(static_cast<float>(step));
        save_checkpoint(run, model, state_at(step), {.last = 2});
      }
    }
    usleep(5000 + 1700 * static_cast<useconds_t>(kill_number));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto latest = find_latest(run);
    if (!latest) continue;
    FakeModel model, expected;
    const TrainState state = load_checkpoint(*latest, model);
    expected.fill_all(static_cast<float>(state.step));
    CHECK(model == expected);
    CHECK(state.step >= last);
    last = state.step;
  }
  CHECK(last > 0);
}
