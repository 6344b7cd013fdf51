#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <diecast/config/nearest.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/byte_size.hpp>
#include <diecast/core/error.hpp>

#include "config/fixed_model.hpp"
#include "config/setting_value.hpp"

namespace diecast {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& where, const std::string& remedy) {
  throw Error(Fault::usage, what, where, remedy);
}

// The name that `section.key`, or a name alone, is nearest to; a right key in the wrong section is near.
std::string nearest_setting(const std::string& name, const std::vector<NamedSetting>& table,
                            const FixedModel& model) {
  std::vector<std::string> names = model.names();
  for (const NamedSetting& setting : table) names.push_back(setting.name());
  const std::string key = name.substr(name.find('.') + 1);
  for (const std::string& known : names)
    if (known.ends_with("." + key)) return known;
  if (key == name)
    for (const NamedSetting& setting : table) names.push_back(setting.section);
  return nearest_name(name, names);
}

class Resolver {
 public:
  Resolver(std::string_view fixed_model, std::string_view free_field)
      : model_(fixed_model, free_field), table_(setting_table(config_)) {}

  void read_file(const TomlText& file) {
    const toml::table root = parse(file);
    if (sets_a_limit(root)) drop_limits();
    for (const auto& [section, node] : root) {
      const std::string name(section.str());
      if (!is_section(name)) refuse_name(name, where_in(section.source()));
      const toml::table* members = node.as_table();
      if (members == nullptr)
        refuse(fmt::format("{} is a section, not a value", name), where_in(section.source()),
               fmt::format("write [{}] on a line of its own", name));
      check_preset(name, *members);
      for (const auto& [key, value] : *members)
        set(name, std::string(key.str()), value, where_in(key.source()), where_in(value.source()));
    }
  }

  void read_override(const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::size_t dot = text.find('.');
    if (equals == std::string::npos || dot > equals)
      refuse(fmt::format("--set {} is not SECTION.KEY=VALUE", text), "command line",
             "as in --set optimizer.lr=1e-3");
    const std::string section = text.substr(0, dot);
    const std::string key = text.substr(dot + 1, equals - dot - 1);
    const std::string where = fmt::format("--set {}.{}", section, key);
    const std::string value = text.substr(equals + 1);
    const toml::table parsed = parse_value(value);
    const bool is_text = !parsed.contains("value") || (wants_text(section, key) && !parsed["value"].is_string() &&
                                                       !parsed["value"].is_array());
    const toml::value<std::string> raw(value);
    set(section, key, is_text ? static_cast<const toml::node&>(raw) : *parsed.get("value"), where, where);
  }

  RunConfig take() { return std::move(config_); }

 private:
  static toml::table parse(const TomlText& file) {
    try {
      return toml::parse(file.text, std::string(file.name));
    } catch (const toml::parse_error& error) {
      refuse(fmt::format("not valid TOML: {}", error.description()), where_in(error.source()),
             "correct the file there");
    }
  }

  // The value of --set as TOML, under the name "value"; empty if it is none.
  static toml::table parse_value(const std::string& value) {
    try {
      toml::table parsed = toml::parse("value = " + value);
      return parsed.size() == 1 ? parsed : toml::table();
    } catch (const toml::parse_error&) {
      return {};
    }
  }

  // Before the fields in which presets differ: the name says which binary is the right one.
  void check_preset(const std::string& section, const toml::table& members) const {
    const toml::node* value = section == "model" && model_.has("name") ? members.get("name") : nullptr;
    if (value != nullptr) model_.check("name", *value, where_in(value->source()));
  }

  static bool is_limit(std::string_view key) { return key.starts_with("max_"); }

  static bool sets_a_limit(const toml::table& root) {
    const toml::table* train = root["train"].as_table();
    return train != nullptr && std::any_of(train->begin(), train->end(),
                                           [](const auto& entry) { return is_limit(entry.first.str()); });
  }

  void drop_limits() {
    const TrainSection none;
    config_.train.max_steps = none.max_steps;
    config_.train.max_tokens = none.max_tokens;
    config_.train.max_epochs = none.max_epochs;
    config_.train.max_minutes = none.max_minutes;
  }

  bool is_section(const std::string& name) const {
    return name == "model" || std::any_of(table_.begin(), table_.end(), [&](const NamedSetting& setting) {
             return setting.section == name;
           });
  }

  const NamedSetting* find(const std::string& section, const std::string& key) const {
    for (const NamedSetting& setting : table_)
      if (setting.section == section && setting.key == key) return &setting;
    return nullptr;
  }

  bool wants_text(const std::string& section, const std::string& key) const {
    const NamedSetting* setting = find(section, key);
    return setting != nullptr && (std::holds_alternative<Text*>(setting->setting) ||
                                  std::holds_alternative<Texts*>(setting->setting));
  }

  [[noreturn]] void refuse_name(const std::string& name, const std::string& where) const {
    refuse("unknown key " + name, where, "the nearest is " + nearest_setting(name, table_, model_));
  }

  void set(const std::string& section, const std::string& key, const toml::node& value,
           const std::string& key_where, const std::string& value_where) {
    if (section == "model" && model_.has(key)) return model_.check(key, value, value_where);
    const NamedSetting* setting = find(section, key);
    if (setting == nullptr) refuse_name(section + "." + key, key_where);
    assign(*setting, value, value_where);
  }

  FixedModel model_;
  RunConfig config_;
  std::vector<NamedSetting> table_;
};

void check_data(const DataSection& data) {
  if (data.source.value.empty() || std::ranges::count(data.source.value, "") > 0)
    refuse("data.source names nothing", data.source.where, "give a file, a folder, a glob or builtin:stories");
  const std::vector<double>& weights = data.weights.value;
  if (!weights.empty() && weights.size() != data.source.value.size())
    refuse(fmt::format("data.weights has {} numbers for {} sources", weights.size(), data.source.value.size()),
           data.weights.where, "give one for each source");
  for (const double weight : weights)
    if (!(weight > 0 && weight <= 1e9))
      refuse(fmt::format("a weight of {} in data.weights", weight), data.weights.where,
             "weights are above 0; leave out a source that has none");
  if (data.split.value == "separator" && data.separator.value.empty())
    refuse("data.split = \"separator\" needs data.separator", data.split.where,
           "set it, as in separator = \"<|endoftext|>\"");
  if (data.split.value != "separator" && !data.separator.value.empty())
    refuse(fmt::format("data.separator has no effect with data.split = \"{}\"", data.split.value),
           data.separator.where, "set data.split = \"separator\" or leave it out");
}

// What asks for evaluations on the way needs some.
void check_evaluations(const RunConfig& config) {
  if (config.eval.every_steps > 0) return;
  const auto needs = [](const char* what, const std::string& where) {
    refuse(fmt::format("{} needs evaluations on the way", what), where, "set eval.every_steps");
  };
  if (config.eval.patience > 0) needs("eval.patience", config.eval.patience.where);
  if (config.schedule.name.value == "plateau") needs("schedule plateau", config.schedule.name.where);
}

void check_together(const RunConfig& config) {
  check_data(config.data);
  check_evaluations(config);
  const TrainSection& train = config.train;
  const ScheduleSection& schedule = config.schedule;
  if (train.max_steps == 0 && train.max_tokens == 0 && train.max_epochs == 0 && train.max_minutes == 0)
    refuse("nothing says when training ends", train.max_steps.where,
           "set train.max_steps, max_tokens, max_epochs or max_minutes");
  if (schedule.min_lr > config.optimizer.lr)
    refuse(fmt::format("schedule.min_lr = {} is above optimizer.lr = {}", schedule.min_lr.value,
                       config.optimizer.lr.value),
           schedule.min_lr.where, "lower it");
  const Text& memory = config.tokenizer.memory;
  if (!memory.value.empty() && parse_byte_size(memory.value).value_or(0) == 0)
    refuse(fmt::format("tokenizer.memory = {} is no size", toml_string(memory.value)), memory.where,
           "as in 500M or 2G");
  const std::string& course = schedule.name.value;
  if (course == "step" || course == "exponential") {
    if (schedule.every_steps == 0)
      refuse(fmt::format("schedule {} needs to know when the rate falls", course), schedule.name.where,
             "set schedule.every_steps");
    return;
  }
  const bool has_end = train.max_steps + train.max_tokens > 0 || train.max_epochs > 0;
  if (course != "constant" && course != "plateau" && schedule.decay_steps == 0 && !has_end)
    refuse(fmt::format("a {} schedule needs a last step, which train.max_minutes does not give", course),
           schedule.name.where, "set schedule.decay_steps, or schedule.name to constant");
}

}  // namespace

RunConfig resolve_run_config(std::span<const TomlText> files, std::span<const std::string> overrides,
                             std::string_view fixed_model, std::string_view free_field) {
  Resolver resolver(fixed_model, free_field);
  for (const TomlText& file : files) resolver.read_file(file);
  for (const std::string& text : overrides) resolver.read_override(text);
  RunConfig config = resolver.take();
  check_together(config);
  return config;
}

}  // namespace diecast
