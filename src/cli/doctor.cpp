#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/color.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/machine/checks.hpp>
#include <diecast/machine/host.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/report/terminal.hpp>

#include "cli/build_info.hpp"
#include "cli/commands.hpp"
#include "cli/self_test.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

using Json = nlohmann::ordered_json;

TargetFacts target_facts() {
  const char* forced = std::getenv("DIECAST_TARGET");
  return {.chosen = choose_target(), .available = kernel_targets(), .forced = forced != nullptr && *forced != '\0'};
}

// Why no kernel uses the tiles of a CPU that has them; empty when they are used.
std::string amx_refusal(const TargetFacts& target) {
  return target.chosen == kAmxTarget ? "" : amx_status();
}

// What the preset's default run says. No level is below "info", so there is no debug log to slow a run down.
Check log_check(const RunConfig& config) {
  return {"log", Check::Status::ok,
          fmt::format("level {}, a line of metrics every {} steps, no debug log", config.log.level.value,
                      config.log.every_steps.value),
          {}};
}

// Checkpoints that lie on the disk while one is written; a run that keeps all needs two for a start.
std::size_t checkpoints_at_a_time(const RunConfig& config) {
  return std::max<std::size_t>(1, config.checkpoint.keep_last.value) + 1;
}

std::vector<Check> all_checks(const Host& host, const TargetFacts& target, ThreadPool& pool) {
  const std::string name = "presets/" + std::string(active_preset().name) + ".toml";
  const TomlText file{embedded_preset_toml, name};
  const RunConfig config = resolve_run_config({&file, 1}, {}, describe(active_preset()));
  const std::size_t available = available_memory();
  return {
      build_check(build_facts()),
      target_check(target),
      avx512_check(target, host.cpu),
      bf16_check(active_preset().precision, measure_peak(pool).bf16_unit, target, host.cpu),
      amx_check(host.cpu, amx_refusal(target), target),
      log_check(config),
      memory_check(model_plan(pool.threads()).total_bytes, available),
      huge_pages_check(host.huge_pages),
      cpus_check(available_cpus(), host.cpu),
      cores_check(pool.threads(), host.cpu),
      load_check(host.load, host.cpu.threads),
      governor_check(host.governor),
      disk_check(std::filesystem::space(".").available, checkpoint_bytes(model_param_table()),
                 checkpoints_at_a_time(config)),
      self_test(pool, target.chosen, available),
  };
}

void print_checks_json(const Host& host, const TargetFacts& target, std::size_t threads, const std::vector<Check>& checks) {
  Json lines = Json::array();
  for (const Check& check : checks)
    lines.push_back({{"name", check.name},
                     {"status", status_name(check.status)},
                     {"detail", check.detail},
                     {"remedy", check.remedy}});
  const Json object{{"machine",
                                       {{"cpu", host.cpu.model},
                                        {"cores", host.cpu.cores},
                                        {"threads", threads},
                                        {"target", target.chosen},
                                        {"compiler", compiler_name()}}},
                                      {"checks", lines},
                                      {"ok", all_pass(checks)}};
  fmt::print("{}\n", json_text(object));
}

fmt::text_style style_of(Check::Status status) {
  switch (status) {
    case Check::Status::ok: return fg(fmt::terminal_color::green);
    case Check::Status::warn: return fg(fmt::terminal_color::yellow);
    case Check::Status::fail: break;
  }
  return fg(fmt::terminal_color::red) | fmt::emphasis::bold;
}

void print_checks_text(const Host& host, const TargetFacts& target, std::size_t threads, const std::vector<Check>& checks) {
  const bool colour = takes_colour(stdout);
  fmt::print("{} (Diecast {}), compiled by {}\n", active_preset().name, DIECAST_VERSION, compiler_name());
  fmt::print("{}, {} cores, {} threads, target {}\n\n", host.cpu.model, host.cpu.cores, threads, target.chosen);
  for (const Check& check : checks) {
    const std::string status = fmt::format("{:<4}", status_name(check.status));
    fmt::print("{}  {:<10}  {}\n", colour ? fmt::format(style_of(check.status), "{}", status) : status, check.name,
               check.detail);
    if (!check.remedy.empty()) fmt::print("{:<18}-> {}\n", "", check.remedy);
  }
}

}  // namespace

int doctor(const DoctorOptions& options) {
  const Host host = read_host();  // first: what follows is load itself
  const TargetFacts target = target_facts();
  ThreadPool pool;
  const std::vector<Check> checks = all_checks(host, target, pool);
  (options.json ? print_checks_json : print_checks_text)(host, target, pool.threads(), checks);
  return all_pass(checks) ? 0 : 1;
}

}  // namespace diecast
