#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/train/nonfinite.hpp>

#include "core/content_hash.hpp"
#include "core/durable_file.hpp"
#include "core/json_text.hpp"
#include "core/read_file.hpp"

namespace diecast {
namespace {

using BundleJson = nlohmann::ordered_json;

constexpr std::string_view kBundleFormat = "diecast non-finite step 1";
constexpr const char* kBundleFile = "bundle.json";
constexpr const char* kBundleModel = "model.safetensors";

BundleJson found_to_json(const NonFinite& found) {
  BundleJson json{{"layer", found.layer},
                  {"operation", name_of(found.pass)},
                  {"row", found.row ? BundleJson(*found.row) : BundleJson()},
                  {"value", found.value},
                  {"parameter", found.parameter},
                  {"in_gradient", found.in_gradient},
                  {"parameter_value", found.parameter_value}};
  return json;
}

NonFinite found_from_json(const BundleJson& json) {
  NonFinite found{.layer = json.at("layer"),
                  .pass = json.at("operation") == "forward" ? Pass::forward : Pass::backward,
                  .value = json.at("value"),
                  .parameter = json.at("parameter"),
                  .in_gradient = json.at("in_gradient"),
                  .parameter_value = json.at("parameter_value")};
  if (!json.at("row").is_null()) found.row = json.at("row").get<std::size_t>();
  return found;
}

BundleJson bundle_to_json(const NonFiniteBundle& bundle, const Preset& preset, const std::string& model_hash) {
  const MicroStep& m = bundle.micro_step;
  return {{"format", kBundleFormat},
          {"what", bundle.what},
          {"step", bundle.step},
          {"target", bundle.target},
          {"threads", bundle.threads},
          {"found", bundle.found ? found_to_json(*bundle.found) : BundleJson()},
          {"document", bundle.document},
          {"preset", preset_to_json(preset)},
          {"seed", m.key.seed},
          {"steps_done", m.key.step},
          {"micro_batch", m.part.index},
          {"micro_batches", m.part.count},
          {"label_smoothing", m.part.options.label_smoothing},
          {"z_loss", m.part.options.z_loss},
          {"scale", m.scale},
          {"trains", m.trains},
          {"inputs", m.batch.inputs},
          {"targets", m.batch.targets},
          {"documents", m.batch.documents},
          {"model_xxh3_128", model_hash}};
}

NonFiniteBundle bundle_from_json(const BundleJson& json) {
  NonFiniteBundle bundle{.what = json.at("what"),
                         .step = json.at("step"),
                         .target = json.at("target"),
                         .threads = json.at("threads"),
                         .micro_step = {.scale = json.at("scale"),
                                        .key = {.seed = json.at("seed"), .step = json.at("steps_done")},
                                        .part = {.index = json.at("micro_batch"),
                                                 .count = json.at("micro_batches"),
                                                 .options = {.label_smoothing = json.at("label_smoothing"),
                                                             .z_loss = json.at("z_loss")}},
                                        .trains = json.at("trains")},
                         .document = json.at("document")};
  bundle.micro_step.batch = {json.at("inputs"), json.at("targets"), json.at("documents")};
  if (!json.at("found").is_null()) bundle.found = found_from_json(json.at("found"));
  return bundle;
}

BundleJson read_bundle_json(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kBundleFile;
  std::error_code error;
  BundleJson json;
  if (std::filesystem::is_regular_file(path, error)) json = parse_json(read_text(path));
  if (!json.is_object() || json.value("format", "") != kBundleFormat)
    throw Error(Fault::usage, "there is no bundle of a step that was not finite", path.string(),
                "give a folder RUN/nonfinite-step-N that a run has left");
  return json;
}

}  // namespace

void write_bundle(const std::filesystem::path& folder, Model& model, const NonFiniteBundle& bundle) {
  const std::filesystem::path parent = folder.parent_path();
  const std::filesystem::path temporary = parent / (".tmp-" + folder.filename().string());
  std::error_code ignored;
  try {
    std::filesystem::remove_all(temporary);
    std::filesystem::create_directory(temporary);
    std::vector<TensorToWrite> tensors;
    const std::span<const float> parameters = model.parameters();
    for (const ParamRow& row : model.param_table().rows) tensors.push_back({row.name, row.shape, row.in(parameters)});
    const std::string hash = write_safetensors(temporary / kBundleModel, tensors);
    DurableFile file(temporary / kBundleFile);
    file.write(json_text(bundle_to_json(bundle, model.preset(), hash), 1) + '\n');
    file.close();
    sync_folder(temporary);
    std::filesystem::remove_all(folder);  // of the same step, before the run was resumed
    std::filesystem::rename(temporary, folder);
    sync_folder(parent);
  } catch (const std::exception& error) {
    std::filesystem::remove_all(temporary, ignored);
    throw Error(Fault::run, std::string("cannot keep the step that went wrong: ") + error.what(), folder.string());
  }
}

NonFiniteBundle read_bundle(const std::filesystem::path& folder, const Preset& preset) {
  const BundleJson json = read_bundle_json(folder);
  try {
    if (const auto difference = first_difference(preset, json.at("preset")))
      throw Error(Fault::usage, "the bundle is " + to_text(*difference, preset, json.at("preset")), folder.string(),
                  "use that preset's binary");
    return bundle_from_json(json);
  } catch (const nlohmann::json::exception&) {
    throw Error(Fault::usage, "the file is damaged", (folder / kBundleFile).string());
  }
}

void load_bundle_parameters(const std::filesystem::path& folder, Model& model) {
  const std::filesystem::path path = folder / kBundleModel;
  try {
    if (hash_file(path) != read_bundle_json(folder).at("model_xxh3_128"))
      throw Error(Fault::run, "the file is damaged", path.string());
  } catch (const nlohmann::json::exception&) {
    throw Error(Fault::usage, "the file is damaged", (folder / kBundleFile).string());
  }
  SafetensorsFile file(path);
  for (const ParamRow& row : model.param_table().rows) file.read(row.name, row.shape, row.in(model.parameters()));
  model.parameters_changed();
}

}  // namespace diecast
