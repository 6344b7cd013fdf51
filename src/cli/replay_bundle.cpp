#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/train/nonfinite.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

nlohmann::ordered_json replay_to_json(const NonFiniteBundle& replayed, bool same, std::size_t seq_len) {
  nlohmann::ordered_json json{{"reproduced", replayed.found.has_value()}, {"same", same}, {"step", replayed.step}};
  if (!replayed.found) return json;
  const NonFinite& found = *replayed.found;
  json["layer"] = found.layer;
  json["operation"] = name_of(found.pass);
  if (found.row) {
    json["row"] = *found.row;
    json["sequence"] = *found.row / seq_len;
    json["position"] = *found.row % seq_len;
  }
  json["value"] = found.value;
  json["parameter"] = found.parameter;
  json["in_gradient"] = found.in_gradient;
  json["parameter_value"] = found.parameter_value;
  json["document"] = replayed.document;
  return json;
}

}  // namespace

int replay_bundle(const ReplayBundleOptions& options) {
  const Preset& preset = active_preset();
  const NonFiniteBundle bundle = read_bundle(options.bundle, preset);
  const std::vector<std::string> targets = kernel_targets();
  const bool has_target = std::ranges::find(targets, bundle.target) != targets.end();
  check_memory(bundle.threads);
  ThreadPool pool(bundle.threads);
  const auto model = make_model(pool, has_target ? bundle.target : std::string());
  load_bundle_parameters(options.bundle, *model);
  NonFiniteBundle replayed = bundle;
  replayed.found = find_nonfinite(*model, bundle.micro_step);
  const bool same = replayed.found == bundle.found;
  if (!same) replayed.document.clear();  // it is of the other row
  if (options.json) {
    fmt::print("{}\n", json_text(replay_to_json(replayed, same, preset.seq_len)));
  } else {
    if (!has_target) fmt::print("this machine has no {}: kernels of {} run instead\n", bundle.target, model->target());
    if (replayed.found)
      fmt::print("step {}: the {} is not finite{}{}\n", bundle.step, bundle.what, to_text(replayed, preset.seq_len),
                 same ? "" : ", which is not what the run saw");
    else
      fmt::print("step {}: every value of this micro-step is finite\n", bundle.step);
  }
  return replayed.found ? static_cast<int>(Fault::diverged) : 0;
}

}  // namespace diecast
