#include "cli/run_watch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/machine/host.hpp>
#include <diecast/train/stop_signal.hpp>

#include "cli/build_info.hpp"
#include "cli/report_page.hpp"
#include "cli/run_record.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

using WatchJson = nlohmann::ordered_json;

// Steps of a session that warm up, and those after them of which there is a profile.
constexpr std::uint64_t kUnprofiledSteps = 2, kProfiledSteps = 3;

WatchJson machine_facts(const Model& model, const ThreadPool& pool, const Peak& peak) {
  const Cpu cpu = read_host().cpu;
  const Element precision = active_preset().precision;
  return {{"cpu", cpu.model},
          {"cores", cpu.cores},
          {"threads", pool.threads()},
          {"target", model.target()},
          {"compiler", compiler_name()},
          {"precision", element_name(precision)},
          {"peak_gflops", peak.gflops(precision)}};
}

}  // namespace

RunWatch::RunWatch(std::optional<int> dashboard) {
  if (!dashboard) return;
  check_report_page("--dashboard");
  dashboard_ = std::make_unique<Dashboard>(*dashboard);
}

void RunWatch::start(const RunConfig& config, const RunFolder& folder, Model& model, const ThreadPool& pool,
                     const Peak& peak, std::uint64_t last_step, Log& log) {
  folder_ = folder;
  folder.write(folder.machine(), json_text(machine_facts(model, pool, peak), 2) + '\n');
  profiler_.emplace(model, kUnprofiledSteps, kProfiledSteps, false);
  if (config.log.tensorboard) tensorboard_.emplace(folder.tensorboard(), last_step);
  if (!dashboard_) return;
  dashboard_->serve([folder](const std::string& events) {
    WatchJson run = run_record(folder, folder.path().filename().string());
    run["events"] = events;
    return page_of_runs(WatchJson::array({std::move(run)}));
  });
  log.info(fmt::format("dashboard: {}", dashboard_->address()));
}

void RunWatch::write(const Metrics& metrics) {
  if (dashboard_) dashboard_->send("metrics", json_text(to_json(metrics)));
  if (tensorboard_) tensorboard_->write(metrics);
  // A step that a signal cut short is not whole.
  if (profiler_->done() && !profile_written_ && StopSignal::received() == 0) {
    const WatchJson profile = to_json(profiler_->profile(false));
    folder_->write(folder_->profile(), json_text(profile, 2) + '\n');
    profile_written_ = true;
    if (dashboard_) dashboard_->send("profile", json_text(profile));
  }
}

void RunWatch::rewind(std::uint64_t last_step) {
  if (tensorboard_) tensorboard_ = TensorBoardFile(folder_->tensorboard(), last_step);
}

void RunWatch::write_sample(std::uint64_t step, const std::string& prompt, const std::string& text) {
  if (dashboard_) dashboard_->send("sample", json_text(WatchJson{{"step", step}, {"prompt", prompt}, {"text", text}}));
}

}  // namespace diecast
