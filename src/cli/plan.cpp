#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/bench/estimate.hpp>
#include <diecast/bench/kernel_probe.hpp>
#include <diecast/kernels/bandwidth.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/peak.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/train/train_plan.hpp>

#include "cli/commands.hpp"
#include "cli/lr_curve.hpp"
#include "cli/preset_config.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

using Json = nlohmann::ordered_json;

struct LayerSize {
  std::string layer;
  std::size_t parameters;
};

// `blocks.3.attention.qkv.weight` -> `blocks.3.attention`, `embedding.tokens` -> `embedding`
std::string layer_of(const std::string& parameter) {
  std::size_t end = parameter.find('.');
  if (parameter.starts_with("blocks."))
    for (int dots = 0; dots < 2 && end != std::string::npos; ++dots) end = parameter.find('.', end + 1);
  return parameter.substr(0, end);
}

std::vector<LayerSize> sizes_by_layer(const ParamTable& table) {
  std::vector<LayerSize> sizes;
  for (const ParamRow& row : table.rows) {
    const std::string layer = layer_of(row.name);
    if (sizes.empty() || sizes.back().layer != layer) sizes.push_back({layer, 0});
    sizes.back().parameters += row.size();
  }
  return sizes;
}

// `packed weights` -> `packed_weights`
std::string key_of(std::string_view kind) {
  std::string key(kind);
  std::replace(key.begin(), key.end(), ' ', '_');
  return key;
}

bool is_active(const ModelPlan::Policy& policy) { return policy.recompute == active_preset().recompute; }

// What is recomputed costs as much again as what was computed, for its FLOPs.
std::optional<double> tok_per_s_estimate(const ModelPlan& plan, ThreadPool& pool) {
  if (Triad::kMemory > available_memory()) return {};  // measuring would be the end of this process
  const std::string target = choose_target();
  const double triad_gb_s = measure_triad(pool, span_ops(target));
  const double seconds = estimate_step_seconds(kernel_probes(pool, target), measure_peak(pool, target), triad_gb_s);
  const double again = std::ranges::find_if(plan.policies, is_active)->extra_flops_share;
  return static_cast<double>(active_preset().rows()) / (seconds * (1 + again));
}

// What the configuration adds to the model.
struct RunPlan {
  std::string schedule;  // its name
  TrainPlan train;
};

// Without its data: a limit in epochs is not one in steps here, nor is one in tokens where rows are padded.
RunPlan run_plan(const PlanOptions& options) {
  const RunConfig config = resolve_preset_config(options.configs, options.overrides);
  const bool padded = config.data.packing.value == "padded";
  const double targets = padded ? HUGE_VAL : static_cast<double>(active_preset().rows());
  return {config.schedule.name.value, make_train_plan(config, 0, targets)};
}

Json schedule_json(const RunPlan& run) {
  constexpr std::uint64_t kPoints = 200;
  Json points = Json::array();
  if (const auto curve = lr_curve(run.train, kPoints))
    for (const auto& point : curve->points) points.push_back({{"step", point.step}, {"lr", point.lr}});
  return {{"name", run.schedule},
          {"steps", run.train.last_step != TrainPlan::kNever ? Json(run.train.last_step) : Json()},
          {"curve", points}};
}

void print_schedule(const RunPlan& run) {
  constexpr std::uint64_t kColumns = 64;
  const bool has_end = run.train.last_step != TrainPlan::kNever;
  fmt::print("{:<28}{:>16}{:>24}\n", "learning rate", run.schedule,
             has_end ? fmt::format("{} steps", run.train.last_step) : "");
  if (const auto curve = lr_curve(run.train, kColumns))
    fmt::print("{}", plot(*curve));
  else
    fmt::print("  the data or the clock end this run: train.max_steps or schedule.decay_steps would show the curve\n");
}

void print_plan_json(const ModelPlan& plan, const ParamTable& table, const RunPlan& run,
                     std::optional<double> tok_per_s) {
  Json bytes{{"total", plan.total_bytes}};
  for (const ModelPlan::Part& part : plan.parts) bytes[key_of(part.kind)] = part.bytes;
  Json layers = Json::array();
  for (const LayerSize& size : sizes_by_layer(table))
    layers.push_back({{"name", size.layer}, {"parameters", size.parameters}});
  Json policies = Json::array();
  for (const ModelPlan::Policy& policy : plan.policies)
    policies.push_back({{"policy", enum_name(policy.recompute)},
                        {"bytes", policy.total_bytes},
                        {"saved_bytes", policy.saved_bytes},
                        {"extra_flops_share", policy.extra_flops_share},
                        {"active", is_active(policy)}});
  const Json object{{"preset", active_preset().name},
                    {"parameters", table.parameter_count()},
                    {"layers", layers},
                    {"flops_per_token", plan.flops_per_token},
                    {"bytes", bytes},
                    {"recompute", policies},
                    {"schedule", schedule_json(run)},
                    {"tok_per_s_estimate", tok_per_s ? Json(std::round(*tok_per_s)) : Json()}};
  fmt::print("{}\n", json_text(object));
}

void print_plan_text(const ModelPlan& plan, const ParamTable& table, const RunPlan& run,
                     std::optional<double> tok_per_s) {
  fmt::print("{:<28}{:>16}\n", "parameters", table.parameter_count());
  for (const LayerSize& size : sizes_by_layer(table))
    fmt::print("  {:<26}{:>16}\n", size.layer, size.parameters);
  fmt::print("{:<28}{:>16.0f}\n", "FLOPs per trained token", plan.flops_per_token);
  fmt::print("{:<28}{:>16}\n", "tokens a second, estimated",
             tok_per_s ? fmt::format("{:.0f}", *tok_per_s) : "too little memory to measure");
  fmt::print("{:<28}{:>16}{:>12}\n", "bytes", plan.total_bytes, readable_bytes(plan.total_bytes));
  for (const ModelPlan::Part& part : plan.parts)
    fmt::print("  {:<26}{:>16}{:>12}\n", part.kind, part.bytes, readable_bytes(part.bytes));
  fmt::print("{:<28}{:>16}{:>12}{:>12}{:>12}\n", "recomputation", "bytes", "", "saved", "extra FLOPs");
  for (const ModelPlan::Policy& policy : plan.policies)
    fmt::print("{} {:<26}{:>16}{:>12}{:>12}{:>11.1f}%\n", is_active(policy) ? '*' : ' ', enum_name(policy.recompute),
               policy.total_bytes, readable_bytes(policy.total_bytes), readable_bytes(policy.saved_bytes),
               100 * policy.extra_flops_share);
  print_schedule(run);
}

}  // namespace

int plan(const PlanOptions& options) {
  const RunPlan run = run_plan(options);
  ThreadPool pool;
  const ModelPlan plan = model_plan();
  (options.json ? print_plan_json : print_plan_text)(plan, model_param_table(), run, tok_per_s_estimate(plan, pool));
  return 0;
}

}  // namespace diecast
