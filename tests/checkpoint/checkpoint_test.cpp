#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>

#include "tests/checkpoint/checkpoint_fixture.hpp"
#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;
using namespace diecast::testing;
namespace fs = std::filesystem;

TEST_CASE("parameters, moments and state come back, and padding is zero") {
  const SavedRun saved;
  FakeModel loaded;
  for (auto& array : loaded.values) array.assign(array.size(), -1);
  loaded.values[3] = saved.model.values[3];  // gradients are not stored
  CHECK(load_checkpoint(saved.checkpoint(), loaded) == state_at(7));
  CHECK(loaded == saved.model);
  CHECK(loaded.packed_from == loaded.values[0]);
}

TEST_CASE("the parameters can be loaded without the moments, even damaged ones") {
  const SavedRun saved;
  fs::remove(saved.checkpoint() / "optimizer.safetensors");
  FakeModel loaded;
  CHECK(load_checkpoint(saved.checkpoint(), loaded, CheckpointParts::parameters) == state_at(7));
  CHECK(loaded.values[0] == saved.model.values[0]);
  CHECK(loaded.packed_from == saved.model.values[0]);
  CHECK(loaded.values[1] == FakeModel{}.values[1]);
  for (const char* file : {"model.safetensors", "state.json"}) {
    const fs::path path = saved.checkpoint() / file;
    const std::string whole = read_file(path);
    write_file(path, whole.substr(0, whole.size() / 2));
    CHECK(contains(error_of(Fault::run, [&] { load_checkpoint(saved.checkpoint(), loaded, CheckpointParts::parameters); }), path.string()));
    write_file(path, whole);
  }
}

TEST_CASE("moving means come back, and are the parameters for who loads no moments") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  model.fill_distinct();
  model.keep_means();
  model.restart_means();
  for (std::size_t i = 0; i < 20; ++i) model.means()[i] += 0.25f;
  save_checkpoint(run, model, state_at(7), kKeepAll);
  FakeModel loaded, plain, parameters;
  loaded.keep_means();
  load_checkpoint(run.checkpoint(7), loaded);
  CHECK(loaded == model);
  CHECK(std::ranges::equal(loaded.means(), model.means()));
  load_checkpoint(run.checkpoint(7), plain);
  CHECK(plain == model);
  CHECK(plain.means().empty());
  load_checkpoint(run.checkpoint(7), parameters, CheckpointParts::parameters);
  CHECK(std::ranges::equal(parameters.values[0], model.means()));
  const fs::path means = run.checkpoint(7) / "ema.safetensors";
  write_file(means, read_file(means) + "x");
  CHECK(contains(error_of(Fault::run, [&] { load_checkpoint(run.checkpoint(7), parameters, CheckpointParts::parameters); }), means.string()));
  CHECK(contains(error_of(Fault::run, [&] { load_checkpoint(run.checkpoint(7), loaded); }), means.string()));
}

TEST_CASE("means that a checkpoint does not have begin as its parameters") {
  const SavedRun saved;
  FakeModel loaded;
  loaded.keep_means();
  load_checkpoint(saved.checkpoint(), loaded);
  CHECK(std::ranges::equal(loaded.means(), saved.model.values[0]));
}

TEST_CASE("a state without a validation loss and a loss scale comes back without them") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, {}, kKeepAll);
  CHECK(load_checkpoint(run.checkpoint(0), model) == TrainState{});
}

TEST_CASE("the files hold the tensors by name, without padding") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(7), kKeepAll);
  CHECK(names_in(run.checkpoint(7)) == std::vector<std::string>{kFiles[0], kFiles[1], kFiles[2]});
  const SafetensorsFile parameters(run.checkpoint(7) / kFiles[0]), moments(run.checkpoint(7) / kFiles[1]);
  REQUIRE(parameters.tensors().size() == 2);
  CHECK(parameters.tensors()[0].name == "embedding.weight");
  CHECK(parameters.tensors()[0].shape == std::vector<std::size_t>{5, 4});
  REQUIRE(moments.tensors().size() == 4);
  CHECK(moments.tensors()[0].name == "m.embedding.weight");
  CHECK(moments.tensors()[3].name == "v.norm.bias");
  const auto state = nlohmann::json::parse(read_file(run.checkpoint(7) / kFiles[2]));
  CHECK(state["preset"]["d_model"] == 64);
  CHECK(state["state"]["step"] == 7);
}

TEST_CASE("equal models make equal checkpoints, byte for byte") {
  TemporaryFolder folder;
  FakeModel model;
  model.fill_distinct();
  const RunFolder a = RunFolder::create(folder / "a"), b = RunFolder::create(folder / "b");
  save_checkpoint(a, model, state_at(7), kKeepAll);
  save_checkpoint(b, model, state_at(7), kKeepAll);
  for (const char* file : kFiles)
    CHECK(read_file(a.checkpoint(7) / file) == read_file(b.checkpoint(7) / file));
}

TEST_CASE("a checkpoint goes on in batches of another size, counted anew, where a batch begins at its end") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  model.preset_value.batch_size = 8;
  model.fill_distinct();
  TrainState state = state_at(7);
  state.micro_steps = 14;
  state.jumps = {{.step = 2, .micro_steps = 6}};
  save_checkpoint(run, model, state, kKeepAll);
  FakeModel other;
  other.preset_value.batch_size = 2;
  TrainState expected = state;
  expected.micro_steps = 56;
  expected.jumps[0].micro_steps = 24;
  CHECK(load_checkpoint(run.checkpoint(7), other) == expected);
  CHECK(std::ranges::equal(other.parameters(), model.parameters()));
  other.preset_value.batch_size = 5;
  const std::string error = error_of(Fault::usage, [&] { load_checkpoint(run.checkpoint(7), other); });
  CHECK(contains(error, "112 rows, which is no number of batches of 5"));
  CHECK(contains(error, "state.json"));
  // To generate, any size will do.
  CHECK(load_checkpoint(run.checkpoint(7), other, CheckpointParts::parameters) == state);
}

TEST_CASE("a checkpoint of another preset is refused by the name of the field") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(7), kKeepAll);
  FakeModel wider;
  wider.preset_value.d_model = 128;
  const auto load = [&] { load_checkpoint(run.checkpoint(7), wider); };
  CHECK(contains(error_of(Fault::usage, load), "d_model is 64 there, 128 here"));
  wider.preset_value.name = "wide";
  CHECK(contains(error_of(Fault::usage, load), "of preset fake, this binary of preset wide"));
}

TEST_CASE("a checkpoint does not depend on the policy of recomputation") {
  const SavedRun saved;
  FakeModel other;
  other.preset_value.recompute = Recompute::block;
  CHECK(load_checkpoint(saved.checkpoint(), other) == state_at(7));
  CHECK(other == saved.model);
}

TEST_CASE("only the newest checkpoints are kept") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  for (std::uint64_t step = 1; step <= 4; ++step) save_checkpoint(run, model, state_at(step), {.last = 2});
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000003", "step-00000004"});
  CHECK(find_latest(run) == run.checkpoint(4));
}

TEST_CASE("multiples of a number of steps and the best one are kept besides") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  const Retention keep{.last = 1, .every = 4, .best = true};
  for (std::uint64_t step = 1; step <= 10; ++step) save_checkpoint(run, model, state_at(step), keep, step == 3);
  CHECK(checkpoint_steps(run.checkpoints()) == std::vector<std::uint64_t>{3, 4, 8, 10});
  CHECK(step_named_in(run.best()) == 3);
  CHECK(find_latest(run) == run.checkpoint(10));
  save_checkpoint(run, model, state_at(11), keep, true);
  CHECK(checkpoint_steps(run.checkpoints()) == std::vector<std::uint64_t>{4, 8, 11});
  CHECK(step_named_in(run.best()) == 11);
}

TEST_CASE("a best step has no name where the best is not kept") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(1), {.last = 1}, true);
  CHECK_FALSE(fs::exists(run.best()));
  CHECK_FALSE(step_named_in(run.best()).has_value());
}

TEST_CASE("a model that changes once its arrays were read is saved as it was") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model, loaded;
  model.fill_distinct();
  const FakeModel before = model;
  save_checkpoint(run, model, state_at(7), kKeepAll, false, [&] { model.fill_all(1); });
  CHECK_FALSE(model == before);
  load_checkpoint(run.checkpoint(7), loaded);
  CHECK(loaded == before);
}

TEST_CASE("the first tensor that differs from a checkpoint is named") {
  const SavedRun saved;
  FakeModel model = saved.model;
  CHECK_FALSE(first_other_tensor(saved.checkpoint(), model).has_value());
  model.values[0][22] = 1;  // padding
  CHECK_FALSE(first_other_tensor(saved.checkpoint(), model).has_value());
  model.values[2][25] = -model.values[2][25];
  CHECK(first_other_tensor(saved.checkpoint(), model) == "v.norm.bias");
  model.values[0][1] += 1;
  CHECK(first_other_tensor(saved.checkpoint(), model) == "embedding.weight");
}

TEST_CASE("a run taken back to an earlier step keeps what it saves") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(900), {.last = 1});
  save_checkpoint(run, model, state_at(100), {.last = 1});
  save_checkpoint(run, model, state_at(200), {.last = 1});
  CHECK(find_latest(run) == run.checkpoint(200));
  CHECK(checkpoint_steps(run.checkpoints()) == std::vector<std::uint64_t>{200, 900});
}

TEST_CASE("a step saved again replaces its checkpoint") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(7), kKeepAll);
  model.fill_distinct();
  save_checkpoint(run, model, state_at(7), kKeepAll);
  FakeModel loaded;
  load_checkpoint(run.checkpoint(7), loaded);
  CHECK(loaded == model);
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000007"});
}

TEST_CASE("the latest checkpoint is found without a usable `latest`") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(1), kKeepAll);
  save_checkpoint(run, model, state_at(2), kKeepAll);
  for (const char* text : {"", "step-00000009\n", "../../elsewhere\n", "\xFF\xFF"}) {
    write_file(run.latest(), text);
    CHECK(find_latest(run) == run.checkpoint(2));
  }
  write_file(run.latest(), "step-00000001\n");
  CHECK(find_latest(run) == run.checkpoint(1));
  fs::remove(run.latest());
  CHECK(find_latest(run) == run.checkpoint(2));
}
