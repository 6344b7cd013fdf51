#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unprivileged.hpp"

using namespace diecast;
using diecast::testing::FakeModel;
using diecast::testing::read_file;
using diecast::testing::TemporaryFolder;
using diecast::testing::Unprivileged;
using diecast::testing::write_file;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kKeepAll = 0;
constexpr const char* kFiles[] = {"model.safetensors", "optimizer.safetensors", "state.json"};

TrainState state_at(std::uint64_t step) {
  return {.step = step,
          .micro_steps = 4 * step,
          .tokens = 1000 * step,
          .seed = ~std::uint64_t{0},
          .wall_seconds = 0.1,
          .best_validation_loss = 1.0 / 3,
          .tokenizer_hash = 0xFEDCBA9876543210,
          .train_hash = ~std::uint64_t{1},
          .validation_hash = ~std::uint64_t{2}};
}

template <class Action>
std::string error_of(Fault fault, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.fault() == fault);
    const std::string what = error.what();
    CHECK(what.find('\n') == std::string::npos);
    return what;
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

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

TEST_CASE("parameters, moments and state come back, and padding is zero") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel saved;
  saved.fill_distinct();
  save_checkpoint(run, saved, state_at(7), kKeepAll);
  FakeModel loaded;
  for (auto& array : loaded.values) array.assign(array.size(), -1);
  loaded.values[3] = saved.values[3];  // gradients are not stored
  CHECK(load_checkpoint(run.checkpoint(7), loaded) == state_at(7));
  CHECK(loaded == saved);
  CHECK(loaded.packed_from == loaded.values[0]);
}

TEST_CASE("the parameters can be loaded without the moments, even damaged ones") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel saved;
  saved.fill_distinct();
  save_checkpoint(run, saved, state_at(7), kKeepAll);
  fs::remove(run.checkpoint(7) / "optimizer.safetensors");
  FakeModel loaded;
  CHECK(load_parameters(run.checkpoint(7), loaded) == state_at(7));
  CHECK(loaded.values[0] == saved.values[0]);
  CHECK(loaded.packed_from == saved.values[0]);
  CHECK(loaded.values[1] == FakeModel{}.values[1]);
  for (const char* file : {"model.safetensors", "state.json"}) {
    const fs::path path = run.checkpoint(7) / file;
    const std::string whole = read_file(path);
    write_file(path, whole.substr(0, whole.size() / 2));
    CHECK(contains(error_of(Fault::run, [&] { load_parameters(run.checkpoint(7), loaded); }), path.string()));
    write_file(path, whole);
  }
}

TEST_CASE("a state without a validation loss comes back without one") {
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

TEST_CASE("only the newest checkpoints are kept") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  for (std::uint64_t step = 1; step <= 4; ++step) save_checkpoint(run, model, state_at(step), 2);
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000003", "step-00000004"});
  CHECK(find_latest(run) == run.checkpoint(4));
}

TEST_CASE("an old checkpoint that cannot be deleted loses its name, and the new one is saved") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(1), 1);
  fs::permissions(folder.path(), fs::perms{0755});
  fs::permissions(run.checkpoints(), fs::perms::all);
  fs::permissions(run.checkpoint(1), fs::perms{0555});
  {
    const Unprivileged nobody;
    CHECK(error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(2), 1); }) == "no error");
    CHECK(error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(3), 1); }) == "no error");
  }
  CHECK(checkpoint_steps(run.checkpoints()) == std::vector<std::uint64_t>{3});
  CHECK(find_latest(run) == run.checkpoint(3));
  const fs::path left = run.checkpoints() / ".tmp-old-step-00000001";
  CHECK(fs::exists(left / "model.safetensors"));
  fs::permissions(left, fs::perms::owner_all);
  save_checkpoint(run, model, state_at(4), 1);
  CHECK(names_in(run.checkpoints()) == std::vector<std::string>{"latest", "step-00000004"});
}

TEST_CASE("a run taken back to an earlier step keeps what it saves") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  save_checkpoint(run, model, state_at(900), 1);
  save_checkpoint(run, model, state_at(100), 1);
  save_checkpoint(run, model, state_at(200), 1);
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

TEST_CASE("leftovers of a killed process are removed by the next one that saves") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  write_file(run.checkpoints() / ".tmp-step-00000006/model.safetensors", "half");
  FakeModel model;
  CHECK_FALSE(find_latest(run).has_value());
  save_checkpoint(run, model, state_at(7), kKeepAll);
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

TEST_CASE("a damaged checkpoint names the file and the older checkpoint, or that there is none") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  for (const std::uint64_t step : {1, 2, 3}) save_checkpoint(run, model, state_at(step), kKeepAll);
  for (const char* file : kFiles) {
    for (const std::uint64_t step : {1, 2}) {
      const fs::path path = run.checkpoint(step) / file;
      const std::string whole = read_file(path);
      write_file(path, whole.substr(0, whole.size() / 2));
      const std::string error = error_of(Fault::run, [&] { load_checkpoint(run.checkpoint(step), model); });
      CHECK(contains(error, path.string()));
      CHECK(contains(
          error, step == 1 ? "there is no older checkpoint" : "older one, " + run.checkpoint(1).string()));
      fs::remove(path);
      CHECK(contains(error_of(Fault::run, [&] { load_checkpoint(run.checkpoint(step), model); }),
                     path.string()));
      write_file(path, whole);
    }
  }
}

TEST_CASE("a checkpoint cut off anywhere is refused and leaves the model untouched") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  model.fill_distinct();
  save_checkpoint(run, model, state_at(7), kKeepAll);
  for (const char* file : kFiles) {
    const fs::path path = run.checkpoint(7) / file;
    const std::string whole = read_file(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      write_file(path, whole.substr(0, size));
      check_changed(run.checkpoint(7), model);
    }
    write_file(path, whole);
  }
}

TEST_CASE("a flipped bit is found, or changes nothing") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  model.fill_distinct();
  save_checkpoint(run, model, state_at(7), kKeepAll);
  const Random random{1, 1};
  for (const char* file : kFiles) {
    const fs::path path = run.checkpoint(7) / file;
    const std::string whole = read_file(path);
    for (std::uint64_t trial = 0; trial < 2000; ++trial) {
      const std::uint64_t bit = random.bits(trial) % (8 * whole.size());
      std::string flipped = whole;
      flipped[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      write_file(path, flipped);
      CAPTURE(file);
      CAPTURE(bit);
      check_changed(run.checkpoint(7), model);
    }
    write_file(path, whole);
  }
}

TEST_CASE("a write error in any file leaves older checkpoints and no temporary folder") {
  TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path());
  FakeModel model;
  model.fill_distinct();
  save_checkpoint(run, model, state_at(1), 1);
  const auto before = names_in(run.checkpoints());
  rlimit unlimited{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit is then an error, EFBIG
  for (const rlim_t limit : {0, 100, 400, 500, 600}) {
    CAPTURE(limit);
    rlimit limited{limit, unlimited.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
    const std::string error = error_of(Fault::run, [&] { save_checkpoint(run, model, state_at(2), 1); });
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
        save_checkpoint(run, model, state_at(step), 2);
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
