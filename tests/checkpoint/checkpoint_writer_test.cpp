#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/checkpoint/checkpoint_writer.hpp>
#include <diecast/core/error.hpp>

#include "tests/checkpoint/checkpoint_fixture.hpp"
#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;
using namespace diecast::testing;
namespace fs = std::filesystem;

TEST_CASE("a model that changes as soon as the writer has read it is saved as it was, each time") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  CheckpointWriter writer(run, model, {});
  for (std::uint64_t step = 1; step <= 20; ++step) {
    model.fill_all(static_cast<float>(step));
    writer.begin(state_at(step), false);
    writer.wait_until_read();
    model.fill_all(-1);
    writer.finish();
    CHECK_FALSE(writer.has_ended());  // nothing is left to be asked about
  }
  for (std::uint64_t step = 1; step <= 20; ++step) {
    FakeModel loaded, expected;
    expected.fill_all(static_cast<float>(step));
    CHECK(load_checkpoint(run.checkpoint(step), loaded) == state_at(step));
    CHECK(loaded == expected);
  }
}

TEST_CASE("a writer that goes away completes its checkpoint") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  CheckpointWriter(run, model, {.best = true}).begin(state_at(3), true);
  verify_checkpoint(run.checkpoint(3));
  CHECK(find_latest(run) == run.checkpoint(3));
  CHECK(step_named_in(run.best()) == 3);
}

TEST_CASE("a checkpoint that fails says so once, holds nothing up, and the next one can be written") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  CheckpointWriter writer(run, model, {});
  writer.finish();
  fs::remove_all(run.checkpoints());
  write_file(run.checkpoints(), "no folder");
  writer.begin(state_at(1), false);
  writer.wait_until_read();
  CHECK(contains(error_of(Fault::run, [&] { writer.finish(); }), "cannot save the checkpoint"));
  writer.finish();
  fs::remove(run.checkpoints());
  writer.begin(state_at(2), false);
  writer.finish();
  CHECK(find_latest(run) == run.checkpoint(2));
}
