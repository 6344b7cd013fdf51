#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/error.hpp>

#include "tests/checkpoint/checkpoint_fixture.hpp"
#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;
using namespace diecast::testing;
namespace fs = std::filesystem;

namespace {

// A run with checkpoints of steps 1, 2 and 3, each of a model filled with its step.
struct ThreeCheckpoints {
  TemporaryFolder folder;
  RunFolder run = RunFolder::create(folder.path());

  ThreeCheckpoints() {
    for (const std::uint64_t step : {1, 2, 3}) save(step, kKeepAll);
  }
  void save(std::uint64_t step, const Retention& keep) const {
    FakeModel model;
    model.fill_all(static_cast<float>(step));
    save_checkpoint(run, model, state_at(step), keep);
  }
  void damage(std::uint64_t step, const char* file = "model.safetensors") const {
    const fs::path path = run.checkpoint(step) / file;
    std::string content = read_file(path);
    content[content.size() / 2] ^= 1;
    write_file(path, content);
  }
};

// Loads the newest checkpoint, and checks that the model is that of its step.
std::optional<LoadedCheckpoint> load_checked(const RunFolder& run) {
  FakeModel model, expected;
  auto loaded = load_newest(run, model);
  if (!loaded) return loaded;
  CHECK(loaded->path == run.checkpoint(loaded->state.step));
  expected.fill_all(static_cast<float>(loaded->state.step));
  CHECK(model == expected);
  return loaded;
}

}  // namespace

TEST_CASE("the newest whole checkpoint is loaded, and what was passed over is said with the reason") {
  for (const char* file : kFiles) {
    CAPTURE(file);
    const ThreeCheckpoints saved;
    CHECK(load_checked(saved.run)->state.step == 3);
    CHECK(load_checked(saved.run)->warning == "");
    saved.damage(3, file);
    const auto second = load_checked(saved.run);
    CHECK(second->state.step == 2);
    CHECK(contains(second->warning, "damaged, " + (saved.run.checkpoint(3) / file).string()));
    CHECK(contains(second->warning, "using " + saved.run.checkpoint(2).string()));
    CHECK(second->damaged == std::vector<fs::path>{saved.run.checkpoint(3)});
    fs::remove(saved.run.checkpoint(2) / file);
    const auto first = load_checked(saved.run);
    CHECK(first->state.step == 1);
    CHECK(contains(first->warning, (saved.run.checkpoint(3) / file).string()));
    CHECK(contains(first->warning, (saved.run.checkpoint(2) / file).string()));
    CHECK_FALSE(contains(first->warning, "\n"));
  }
}

TEST_CASE("a run of which no checkpoint is whole cannot be loaded, one without any has nothing to load") {
  const ThreeCheckpoints saved;
  for (const std::uint64_t step : {1, 2, 3}) saved.damage(step);
  const std::string error = error_of(Fault::run, [&] { load_checked(saved.run); });
  CHECK(contains(error, "no checkpoint of the run is whole"));
  CHECK(contains(error, saved.run.checkpoint(3).string()));
  TemporaryFolder empty;
  CHECK_FALSE(load_checked(RunFolder::create(empty.path())).has_value());
}

TEST_CASE("a `latest` that names nothing is said, and the highest step is loaded") {
  const ThreeCheckpoints saved;
  for (const char* text : {"", "step-0000", "step-00000009\n", "\xFF\xFF"}) {
    write_file(saved.run.latest(), text);
    const auto loaded = load_checked(saved.run);
    CHECK(loaded->state.step == 3);
    CHECK(contains(loaded->warning, saved.run.latest().string()));
    CHECK(loaded->damaged.empty());
  }
}

TEST_CASE("a run that was taken back goes on from there, and from later checkpoints only if it must") {
  const ThreeCheckpoints saved;
  write_file(saved.run.latest(), "step-00000002\n");
  CHECK(load_checked(saved.run)->state.step == 2);
  CHECK(load_checked(saved.run)->warning == "");
  saved.damage(2);
  CHECK(load_checked(saved.run)->state.step == 1);
  saved.damage(1);
  CHECK(load_checked(saved.run)->state.step == 3);
}

TEST_CASE("a checkpoint under the name of another step is passed over") {
  const ThreeCheckpoints saved;
  fs::remove_all(saved.run.checkpoint(3));
  fs::copy(saved.run.checkpoint(1), saved.run.checkpoint(3));
  CHECK(load_checked(saved.run)->state.step == 2);
  CHECK(contains(load_checked(saved.run)->warning, "is of step 1, " + saved.run.checkpoint(3).string()));
}

TEST_CASE("damaged moments do not keep the parameters from being used") {
  const ThreeCheckpoints saved;
  saved.damage(3, "optimizer.safetensors");
  FakeModel model;
  CHECK(load_newest(saved.run, model, CheckpointParts::parameters)->state.step == 3);
}

TEST_CASE("a checkpoint of another preset is not passed over") {
  const ThreeCheckpoints saved;
  FakeModel wider;
  wider.preset_value.d_model = 128;
  CHECK(contains(error_of(Fault::usage, [&] { load_newest(saved.run, wider); }), "d_model"));
}

TEST_CASE("damaged checkpoints that are set aside do not count as kept") {
  const ThreeCheckpoints saved;
  saved.damage(3);
  const auto loaded = load_checked(saved.run);
  set_aside_damaged(saved.run, *loaded);
  CHECK(load_checked(saved.run)->warning == "");
  saved.save(4, {.last = 2});
  CHECK(names_in(saved.run.checkpoints()) ==
        std::vector<std::string>{"damaged-step-00000003", "latest", "step-00000002", "step-00000004"});
}
