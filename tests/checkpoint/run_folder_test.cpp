#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/core/error.hpp>

#include "tests/contains.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unprivileged.hpp"

using namespace diecast;
using diecast::testing::contains;
using diecast::testing::read_file;
using diecast::testing::TemporaryFolder;
using diecast::testing::Unprivileged;
using diecast::testing::write_file;
namespace fs = std::filesystem;

namespace {

template <class Action>
std::string usage_error(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a new run's folder is created with all folders above it") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "a/b/run");
  CHECK(run.path() == folder / "a/b/run");
  CHECK(fs::is_directory(run.checkpoints()));
  CHECK(run.config() == run.path() / "config.toml");
  CHECK(run.checkpoint(100) == run.path() / "checkpoints" / "step-00000100");
}

TEST_CASE("a folder that holds any file of a run is refused and left as it was") {
  for (const char* file :
       {"config.toml", "metrics.jsonl", "tokenizer.json", "log.txt", "checkpoints/latest"}) {
    CAPTURE(file);
    TemporaryFolder folder;
    write_file(folder / file, "precious");
    const std::string error = usage_error([&] { RunFolder::create(folder.path()); });
    CHECK(contains(error, "holds a run already, " + folder.path().string()));
    CHECK(contains(error, "--resume"));
    CHECK(read_file(folder / file) == "precious");
  }
}

TEST_CASE("a folder with other files is accepted, and so is one in which a run failed to start") {
  TemporaryFolder folder;
  write_file(folder / "notes.md", "mine");
  RunFolder::create(folder.path());
  RunFolder::create(folder.path());
  CHECK(read_file(folder / "notes.md") == "mine");
}

TEST_CASE("runs without a name are numbered by preset from the first free one") {
  TemporaryFolder folder;
  fs::create_directories(folder / "runs/quarter-2");
  CHECK(RunFolder::create_next(folder / "runs", "quarter").path() == folder / "runs/quarter-1");
  CHECK(RunFolder::create_next(folder / "runs", "quarter").path() == folder / "runs/quarter-3");
  CHECK(RunFolder::create_next(folder / "runs", "tiny").path() == folder / "runs/tiny-1");
}

TEST_CASE("a folder that cannot be created is one usage error") {
  TemporaryFolder folder;
  write_file(folder / "file", "");
  CHECK(contains(usage_error([&] { RunFolder::create(folder / "file"); }), "cannot create the run's folder"));
  CHECK(contains(usage_error([&] { RunFolder::create(folder / "file/run"); }),
                 "cannot create the run's folder"));
  CHECK(contains(usage_error([&] { RunFolder::create_next(folder / "file", "tiny"); }), "--out"));
  CHECK(contains(usage_error([&] { RunFolder::create("/proc/run"); }), "/proc/run"));
  CHECK(contains(usage_error([&] { RunFolder::create_next("/proc", "tiny"); }), "/proc/tiny-1"));
}

TEST_CASE("a folder without permission to write is one usage error") {
  TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms{0555});
  const Unprivileged nobody;
  CHECK(contains(usage_error([&] { RunFolder::create(folder.path()); }), "Permission denied"));
  CHECK(contains(usage_error([&] { RunFolder::create(folder / "run"); }), "Permission denied"));
  CHECK(contains(usage_error([&] { RunFolder::create_next(folder.path(), "tiny"); }), "Permission denied"));
}

TEST_CASE("an existing run is opened and a folder without one is refused") {
  TemporaryFolder folder;
  CHECK(contains(usage_error([&] { RunFolder::open(folder.path()); }), "no run here"));
  CHECK(contains(usage_error([&] { RunFolder::open(folder / "nowhere"); }), "nowhere"));
  const RunFolder run = RunFolder::create(folder.path());
  run.write(run.config(), "[run]\n");
  CHECK(RunFolder::open(folder.path()).path() == folder.path());
}

TEST_CASE("one process at a time trains a run, and others may read it") {
  TemporaryFolder folder;
  std::optional<RunFolder> training = RunFolder::create(folder / "run");
  const auto refused = [&](const auto& action) {
    const std::string error = usage_error(action);
    return contains(error, "another process is training this run, " + (folder / "run").string());
  };
  CHECK(refused([&] { RunFolder::create(folder / "run"); }));
  training->write(training->config(), "[run]\n");
  CHECK(refused([&] { RunFolder::open_to_train(folder / "run"); }));
  CHECK(RunFolder::open(folder / "run").path() == folder / "run");
  std::optional<RunFolder> copy = training;
  training.reset();
  CHECK(refused([&] { RunFolder::open_to_train(folder / "run"); }));
  copy.reset();
  training = RunFolder::open_to_train(folder / "run");
  CHECK(refused([&] { RunFolder::open_to_train(folder / "run"); }));
}

TEST_CASE("locking a run leaves nothing in its folder") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  CHECK(fs::is_empty(run.checkpoints()));
  CHECK(std::distance(fs::directory_iterator(run.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a run whose folder of checkpoints is gone can be trained on") {
  TemporaryFolder folder;
  write_file(folder / "config.toml", "");
  CHECK(fs::is_directory(RunFolder::open_to_train(folder.path()).checkpoints()));
  CHECK(contains(usage_error([&] { RunFolder::open_to_train(folder / "nowhere"); }), "no run here"));
}

TEST_CASE("writing replaces a file and leaves nothing beside it") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  run.write(run.config(), "first, and longer than the second");
  run.write(run.config(), "second");
  CHECK(read_file(run.config()) == "second");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(run.path()))
    names.push_back(entry.path().filename().string());
  CHECK(names.size() == 2);  // and checkpoints
}

TEST_CASE("a file that cannot be written is a run error that names it and keeps the old content") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  fs::create_directories(run.config() / "in the way");
  try {
    run.write(run.config(), "text");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run);
    CHECK(contains(error.what(), run.config().string()));
  }
  CHECK(fs::exists(run.config() / "in the way"));
  CHECK_FALSE(fs::exists(run.path() / ".tmp-config.toml"));
}

TEST_CASE("names of checkpoints and steps correspond one to one") {
  CHECK(checkpoint_name(0) == "step-00000000");
  CHECK(checkpoint_name(123456789012) == "step-123456789012");
  for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{42}, ~std::uint64_t{0}})
    CHECK(checkpoint_step(checkpoint_name(step)) == step);
  for (const char* name :
       {"", "step-", "step-1", "step-000000001", "step-0000000x", "step--0000001", ".tmp-step-00000001",
        "../step-00000001", "step-00000001/..", "step-99999999999999999999999"})
    CHECK_FALSE(checkpoint_step(name).has_value());
}

TEST_CASE("only complete checkpoints are listed, by step") {
  TemporaryFolder folder;
  for (const char* name : {"step-100000000", "step-00000200", "step-00000100", ".tmp-step-00000300", "other"})
    fs::create_directories(folder / name);
  write_file(folder / "latest", "step-00000200\n");
  CHECK(checkpoint_steps(folder.path()) == std::vector<std::uint64_t>{100, 200, 100000000});
  CHECK(checkpoint_steps(folder / "nowhere").empty());
}
