#include <diecast/config/legacy_config.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <toml++/toml.h>

#include <diecast/config/nearest.hpp>
#include <diecast/core/error.hpp>

#include "config/setting_table.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

using LegacyJson = nlohmann::ordered_json;

enum class LegacyType { count, number, flag, text };

// A key of the old format and what it is here: `section.key`, or nothing where Diecast has no such choice.
struct LegacyKey {
  std::string_view name;
  LegacyType type;
  std::string_view ours;
  std::string_view note;
};

constexpr std::array kLegacyKeys = std::to_array<LegacyKey>({
    {"model.type", LegacyType::text, "", "every preset is a transformer"},
    {"model.d_model", LegacyType::count, "model.d_model", ""},
    {"model.num_heads", LegacyType::count, "model.n_heads", ""},
    {"model.num_layers", LegacyType::count, "model.n_layers", ""},
    {"model.d_ff", LegacyType::count, "model.d_ff", ""},
    {"computation.mode", LegacyType::text, "", "Diecast pretrains and nothing else"},
    {"computation.method", LegacyType::text, "", "every model here is autoregressive"},
    {"computation.description", LegacyType::text, "", "a remark, without effect there; kept as a comment"},
    {"training.learning_rate", LegacyType::number, "optimizer.lr",
     "had no effect there, where the loss was computed but nothing was propagated back: it was never tried, compare it "
     "with the preset's own"},
    {"training.max_length", LegacyType::count, "model.seq_len", ""},
    {"training.batch_size", LegacyType::count, "model.batch_size", ""},
    {"training.prefetch_batches", LegacyType::count, "data.prefetch_batches", ""},
    {"training.num_workers", LegacyType::count, "data.workers", ""},
    {"training.shuffle", LegacyType::flag, "data.shuffle", ""},
    {"training.num_epochs", LegacyType::number, "train.max_epochs", ""},
    {"data.input_file", LegacyType::text, "data.source", ""},
    {"data.output_dir", LegacyType::text, "run.out", ""},
});

[[noreturn]] void refuse_legacy(const std::string& what, std::string_view name, const std::string& remedy) {
  throw Error(Fault::usage, what, std::string(name), remedy);
}

LegacyJson parse_legacy(std::string_view json, std::string_view name) {
  LegacyJson root;
  try {
    root = LegacyJson::parse(json);
  } catch (const LegacyJson::parse_error& error) {
    const std::string_view before = json.substr(0, std::min(json.size(), error.byte));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    refuse_legacy("not valid JSON", fmt::format("{}:{}", name, line), "correct the file there");
  }
  if (!root.is_object() || !root.contains("model") || !root.contains("training"))
    refuse_legacy("not a configuration of the original program, which has \"model\" and \"training\"", name,
                  "give the JSON file that `run_cli.sh train` was given");
  return root;
}

bool has_type(const LegacyJson& value, LegacyType type) {
  switch (type) {
    case LegacyType::count: return value.is_number_unsigned();
    case LegacyType::number: return value.is_number();
    case LegacyType::flag: return value.is_boolean();
    case LegacyType::text: return value.is_string();
  }
  return false;
}

std::string_view describe_legacy(LegacyType type) {
  switch (type) {
    case LegacyType::count: return "a whole number, 0 or more";
    case LegacyType::number: return "a number";
    case LegacyType::flag: return "true or false";
    case LegacyType::text: return "a string";
  }
  return {};
}

// JSON's numbers and words are TOML's; strings are not.
std::string legacy_as_toml(const LegacyJson& value) {
  return value.is_string() ? toml_string(value.get<std::string>()) : json_text(value);
}

class LegacyImport {
 public:
  LegacyImport(std::string_view name, std::string_view fixed_model) : name_(name), fixed_(toml::parse(fixed_model)) {}

  void take(const std::string& key, const LegacyJson& value) {
    const auto known = std::ranges::find(kLegacyKeys, key, &LegacyKey::name);
    if (known == kLegacyKeys.end()) {
      std::vector<std::string> names;
      for (const LegacyKey& each : kLegacyKeys) names.emplace_back(each.name);
      note(key, fmt::format("not a key that is known of the program, left out; the nearest is {}", nearest_name(key, names)));
      return;
    }
    if (!has_type(value, known->type))
      refuse_legacy(fmt::format("{} is {}, wanted is {}", key, json_text(value), describe_legacy(known->type)), name_,
                    "correct the value");
    if (key == "computation.description") comment_ = value.get<std::string>();
    if (!known->note.empty()) note(key, known->note);
    if (known->ours.empty()) return;
    const std::string ours(known->ours);
    if (ours.starts_with("model."))
      take_shape(key, ours.substr(ours.find('.') + 1), value);
    else
      set(ours, legacy_as_toml(value));
  }

  ImportedConfig result() && {
    // As there: lower-cased words.
    set("tokenizer.kind", "\"word\"");
    // It knew one rate; the preset's own lowest one may be above it.
    set("schedule.name", "\"constant\"");
    set("schedule.warmup_steps", "0");
    set("schedule.min_lr", "0.0");
    note("tokenizer", "that program knew whole words only; kind = \"bpe\" loses none of the text");
    std::string toml = fmt::format("# From {}.\n", one_line(name_));
    if (!comment_.empty()) toml += fmt::format("# {}\n", one_line(comment_));
    for (const auto& [section, lines] : sections_) toml += fmt::format("\n[{}]\n{}", section, lines);
    return {std::move(toml), std::move(notes_)};
  }

 private:
  // A comment ends with its line.
  static std::string one_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(line, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    return line;
  }

  void note(std::string_view key, std::string_view text) { notes_.push_back(fmt::format("{}: {}", key, text)); }

  void set(std::string_view name, std::string_view value) {
    const std::string section(name.substr(0, name.find('.')));
    const std::string line = fmt::format("{} = {}\n", name.substr(name.find('.') + 1), value);
    const auto there = std::ranges::find(sections_, section, &std::pair<std::string, std::string>::first);
    if (there == sections_.end())
      sections_.emplace_back(section, line);
    else
      there->second += line;
  }

  void take_shape(const std::string& key, const std::string& field, const LegacyJson& value) {
    const auto fixed = fixed_[field].value<std::uint64_t>();
    if (fixed == value.get<std::uint64_t>())
      set("model." + field, json_text(value));
    else
      note(key, fmt::format("{0} there; this binary was built with {1} = {2}, which stays; to have {0}, build a preset of it",
                            json_text(value), field, fixed.value_or(0)));
  }

  std::string_view name_;
  toml::table fixed_;
  std::string comment_;
  std::vector<std::pair<std::string, std::string>> sections_;  // name, lines
  std::vector<std::string> notes_;
};

}  // namespace

ImportedConfig import_legacy_config(std::string_view json, std::string_view name, std::string_view fixed_model) {
  const LegacyJson root = parse_legacy(json, name);
  LegacyImport import(name, fixed_model);
  for (const auto& [section, members] : root.items()) {
    if (!members.is_object())
      refuse_legacy(fmt::format("{} is {}, wanted is an object", section, json_text(members)), name, "correct the value");
    for (const auto& [key, value] : members.items()) import.take(section + "." + key, value);
  }
  return std::move(import).result();
}

}  // namespace diecast
