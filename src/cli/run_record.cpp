#include "cli/run_record.hpp"

#include <filesystem>
#include <sstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <toml++/toml.h>

#include <diecast/core/error.hpp>

#include "core/json_text.hpp"
#include "core/read_file.hpp"

namespace diecast {
namespace {

using RecordJson = nlohmann::ordered_json;

// The columns a page draws; what else a line of metrics.jsonl has, it need not carry.
constexpr std::string_view kColumns[] = {"step",      "tokens", "epoch",   "loss",   "val_loss",  "val_ppl",
                                         "bits_per_byte", "lr", "grad_norm", "tok_per_s", "mfu", "step_ms",
                                         "wall_s",    "data_wait", "padding"};

// The objects of a JSONL file, without lines that are none.
std::vector<RecordJson> objects_of(const std::filesystem::path& path) {
  std::vector<RecordJson> objects;
  std::istringstream lines(std::filesystem::exists(path) ? read_text(path) : std::string());
  for (std::string line; std::getline(lines, line);) {
    RecordJson object = parse_json(line);
    if (object.is_object() && object.contains("step")) objects.push_back(std::move(object));
  }
  return objects;
}

RecordJson columns_of(const std::vector<RecordJson>& lines) {
  RecordJson columns;
  for (const std::string_view key : kColumns) {
    RecordJson& column = columns[std::string(key)] = RecordJson::array();
    for (const RecordJson& line : lines) {
      const auto value = line.find(key);
      column.push_back(value != line.end() && value->is_number() ? *value : RecordJson());
    }
  }
  return columns;
}

RecordJson settings_of(const toml::table& config) {
  RecordJson settings;
  for (const auto& [section, members] : config) {
    if (!members.is_table()) continue;
    for (const auto& [key, value] : *members.as_table()) {
      std::ostringstream text;
      value.visit([&](const auto& node) { text << node; });
      settings[std::string(section.str()) + "." + std::string(key.str())] = text.str();
    }
  }
  return settings;
}

// Null where there is no such file, as in runs of older versions.
RecordJson object_in(const std::filesystem::path& path) {
  RecordJson object = std::filesystem::exists(path) ? parse_json(read_text(path)) : RecordJson();
  return object.is_object() ? object : RecordJson();
}

RecordJson samples_of(const std::filesystem::path& path) {
  RecordJson samples = RecordJson::array();
  for (RecordJson& sample : objects_of(path))
    if (sample.contains("prompt") && sample["prompt"].is_string() && sample.contains("text") && sample["text"].is_string())
      samples.push_back(std::move(sample));
  return samples;
}

}  // namespace

nlohmann::ordered_json run_record(const RunFolder& folder, const std::string& name) {
  const std::vector<RecordJson> lines = objects_of(folder.metrics());
  const std::string text = read_text(folder.config());
  toml::table config;
  try {
    config = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(Fault::usage, fmt::format("not valid TOML: {}", error.description()),
                fmt::format("{}:{}", folder.config().string(), error.source().begin.line), "correct the file there");
  }
  return {{"name", name},
          {"preset", config["model"]["name"].value_or(std::string())},
          {"settings", settings_of(config)},
          {"config", text},
          {"columns", columns_of(lines)},
          {"samples", samples_of(folder.samples())},
          {"machine", object_in(folder.machine())},
          {"profile", object_in(folder.profile())}};
}

}  // namespace diecast
