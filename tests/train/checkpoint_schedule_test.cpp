#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/train/checkpoint_schedule.hpp>

#include "tests/checkpoint/checkpoint_fixture.hpp"
#include "tests/checkpoint/fake_model.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;
using namespace diecast::testing;
namespace fs = std::filesystem;

namespace {

// A schedule of every 10 steps with all it needs.
struct ScheduledRun {
  TemporaryFolder folder;
  RunFolder run = RunFolder::create(folder / "run");
  FakeModel model;
  CheckpointSection section;
  CheckpointWriter writer{run, model, {.last = 0, .every = 0, .best = true}};
  std::atomic<bool> asked{false};
  Log log{Log::Level::error};
  CheckpointSchedule schedule{section, &writer, &asked, log};

  ScheduledRun() {
    section.every_steps.value = 10;
    log.open(folder / "log.txt");
    schedule.start({});
  }
  // What happens after a step.
  void after(std::uint64_t step, bool is_best = false) {
    if (schedule.is_due(step, is_best)) schedule.save(state_at(step), is_best);
  }
  std::vector<std::uint64_t> steps() {
    writer.finish();
    return checkpoint_steps(run.checkpoints());
  }
  std::string logged() const { return read_file(folder / "log.txt"); }
  void break_folder() const {
    fs::rename(run.checkpoints(), folder / "moved");
    write_file(run.checkpoints(), "no folder");
  }
  void mend_folder() const {
    fs::remove(run.checkpoints());
    fs::rename(folder / "moved", run.checkpoints());
  }
};

}  // namespace

TEST_CASE("a checkpoint is due by steps, for the best loss and when it is asked for") {
  ScheduledRun run;
  for (std::uint64_t step = 1; step <= 25; ++step) {
    run.asked = step == 13;
    run.after(step, step == 16);
    CHECK_FALSE(run.asked);
  }
  CHECK(run.steps() == std::vector<std::uint64_t>{10, 13, 16, 20});
  CHECK(step_named_in(run.run.best()) == 16);
  CHECK(contains(run.logged(), run.run.checkpoint(13).string()));
  CHECK(run.schedule.last_is_due(25, false));
  CHECK_FALSE(run.schedule.last_is_due(20, false));
  CHECK(run.schedule.last_is_due(20, true));
}

TEST_CASE("a best checkpoint that fails is lost, once, and no other one is") {
  ScheduledRun run;
  run.after(3, true);
  run.schedule.settle();
  CHECK_FALSE(run.schedule.take_lost_best());
  run.break_folder();
  for (const bool is_best : {true, false}) {
    run.after(10, is_best);
    run.schedule.settle();
    CHECK(run.schedule.take_lost_best() == is_best);
    CHECK_FALSE(run.schedule.take_lost_best());
  }
  run.mend_folder();
  CHECK(step_named_in(run.run.best()) == 3);
}

TEST_CASE("the step that a run goes on from needs no other checkpoint") {
  ScheduledRun run;
  run.schedule.start(20);
  CHECK_FALSE(run.schedule.is_due(20, false));
  CHECK(run.schedule.is_due(30, false));
  CHECK_FALSE(run.schedule.last_is_due(20, false));
}

TEST_CASE("a checkpoint that fails is warned of once and tried again") {
  ScheduledRun run;
  run.break_folder();
  for (std::uint64_t step = 1; step <= 30; ++step) run.after(step);
  CHECK(run.schedule.last_is_due(30, false));
  CHECK_THROWS_AS(run.schedule.save_last(state_at(30), false), Error);
  run.mend_folder();
  const std::string text = run.logged();
  CHECK(contains(text, "cannot save the checkpoint"));
  CHECK(text.find("cannot save") == text.rfind("cannot save"));
  run.after(40);
  CHECK(run.steps() == std::vector<std::uint64_t>{40});
}

TEST_CASE("without a writer nothing is due") {
  CheckpointSection section;
  section.every_steps.value = 1;
  Log log(Log::Level::error);
  CheckpointSchedule schedule(section, nullptr, nullptr, log);
  schedule.start({});
  CHECK_FALSE(schedule.is_due(1, true));
  schedule.wait_until_read();
  CHECK_FALSE(schedule.last_is_due(1, true));
}
