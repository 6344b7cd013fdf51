#include "cli/run_record.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <toml++/toml.h>

#include <diecast/core/error.hpp>

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
    RecordJson object = RecordJson::parse(line, nullptr, false);
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

std::vector<double> numbers_of(const RecordJson& column) {
  std::vector<double> numbers;
  for (const RecordJson& value : column)
    if (value.is_number()) numbers.push_back(value.get<double>());
  return numbers;
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

// What one looks for first; a fact that was not logged is left out.
RecordJson facts_of(const RecordJson& columns, const toml::table& config) {
  RecordJson facts;
  if (const auto preset = config["model"]["name"].value<std::string>()) facts["preset"] = *preset;
  const auto add = [&](const char* name, const char* key, auto&& choose, auto&& write) {
    std::vector<double> numbers = numbers_of(columns[key]);
    if (!numbers.empty()) facts[name] = write(choose(numbers));
  };
  const auto last = [](const std::vector<double>& all) { return all.back(); };
  const auto least = [](const std::vector<double>& all) { return *std::min_element(all.begin(), all.end()); };
  const auto median = [](std::vector<double>& all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
  };
  const auto whole = [](double x) { return fmt::format("{:.0f}", x); };
  const auto four = [](double x) { return fmt::format("{:.4f}", x); };
  add("steps", "step", last, whole);
  add("tokens", "tokens", last, whole);
  add("last training loss", "loss", last, four);
  add("best validation loss", "val_loss", least, four);
  add("best bits per byte", "bits_per_byte", least, four);
  add("median tok/s", "tok_per_s", median, whole);
  add("median share of peak", "mfu", median, [](double x) { return fmt::format("{:.1f} %", 100 * x); });
  add("time", "wall_s", last, format_duration);
  return facts;
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
  if (lines.empty())
    throw Error(Fault::usage, "nothing was logged yet", folder.metrics().string(), "let the run log a first line");
  const std::string text = read_text(folder.config());
  toml::table config;
  try {
    config = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(Fault::usage, fmt::format("not valid TOML: {}", error.description()),
                fmt::format("{}:{}", folder.config().string(), error.source().begin.line), "correct the file there");
  }
  const RecordJson columns = columns_of(lines);
  return {{"name", name},          {"facts", facts_of(columns, config)},        {"settings", settings_of(config)},
          {"config", text},        {"columns", columns},                        {"samples", samples_of(folder.samples())}};
}

}  // namespace diecast
