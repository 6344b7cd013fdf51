#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/error.hpp>

#include "cli/commands.hpp"
#include "cli/replay.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

struct VerifiedCheckpoint {
  std::uint64_t step = 0;
  std::string problem;  // empty: it is whole
};

std::vector<VerifiedCheckpoint> verify_checkpoints(const RunFolder& run) {
  std::vector<VerifiedCheckpoint> verified;
  for (const std::uint64_t step : checkpoint_steps(run.checkpoints())) {
    std::error_code ignored;
    try {
      verify_checkpoint(run.checkpoint(step));
      verified.push_back({step, ""});
    } catch (const Error& error) {
      // Gone as a whole: a run that is being trained keeps only so many.
      if (std::filesystem::exists(run.checkpoint(step), ignored)) verified.push_back({step, error.what()});
    }
  }
  return verified;
}

nlohmann::ordered_json named_step(const std::filesystem::path& file) {
  const auto step = step_named_in(file);
  return step ? nlohmann::ordered_json(*step) : nlohmann::ordered_json();
}

nlohmann::ordered_json replay_json(const Replay& replay, const ReplayRange& range) {
  nlohmann::ordered_json json{{"from", replay.from},
                              {"to", range.to},
                              {"logged_steps", replay.logged_steps},
                              {"compared_checkpoint", replay.compared_checkpoint},
                              {"difference", nullptr}};
  if (replay.difference)
    json["difference"] = {{"step", replay.difference->step}, {"what", replay.difference->what}};
  return json;
}

void print_json(const RunFolder& run, const std::vector<VerifiedCheckpoint>& verified,
                const std::optional<Replay>& replay, const std::optional<ReplayRange>& range) {
  nlohmann::ordered_json json;
  json["checkpoints"] = nlohmann::ordered_json::array();
  for (const VerifiedCheckpoint& checkpoint : verified) {
    json["checkpoints"].push_back({{"step", checkpoint.step}, {"whole", checkpoint.problem.empty()}});
    if (!checkpoint.problem.empty()) json["checkpoints"].back()["problem"] = checkpoint.problem;
  }
  json["latest"] = named_step(run.latest());
  json["best"] = named_step(run.best());
  if (replay) json["replay"] = replay_json(*replay, *range);
  fmt::print("{}\n", json_text(json));
}

void print_text(const std::vector<VerifiedCheckpoint>& verified, const std::optional<Replay>& replay,
                const std::optional<ReplayRange>& range) {
  for (const VerifiedCheckpoint& checkpoint : verified)
    fmt::print("{}  {}\n", checkpoint_name(checkpoint.step), checkpoint.problem.empty() ? "whole" : checkpoint.problem);
  if (!replay || replay->difference) return;
  fmt::print("steps {} to {} run again: {} logged steps{} are the same\n", replay->from + 1, range->to,
             replay->logged_steps, replay->compared_checkpoint ? " and the checkpoint" : "");
}

}  // namespace

int verify(const VerifyOptions& options) {
  const RunFolder run = RunFolder::open(options.run);
  std::optional<ReplayRange> range;
  if (!options.replay.empty()) range = parse_replay_range(options.replay);
  const std::vector<VerifiedCheckpoint> verified = verify_checkpoints(run);
  if (verified.empty())
    throw Error(Fault::usage, "the run has no checkpoint yet", options.run,
                "wait for its first one, or train on with --resume");
  Log log(Log::Level::warning);
  std::optional<Replay> replay;
  if (range) replay = replay_steps(run, *range, log);
  if (options.json)
    print_json(run, verified, replay, range);
  else
    print_text(verified, replay, range);
  const auto damaged =
      std::ranges::count_if(verified, [](const VerifiedCheckpoint& checkpoint) { return !checkpoint.problem.empty(); });
  if (damaged > 0)
    throw Error(Fault::run, fmt::format("{} of {} checkpoints cannot be used", damaged, verified.size()), options.run,
                "delete them; --resume passes over them");
  if (replay && replay->difference)
    throw Error(Fault::run,
                fmt::format("step {} differs: {}", replay->difference->step, replay->difference->what), options.run,
                "replay with the binary, kind of machine and settings it was trained with");
  return 0;
}

}  // namespace diecast
