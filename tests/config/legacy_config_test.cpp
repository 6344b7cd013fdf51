#include <diecast/config/legacy_config.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/config/run_config.hpp>
#include <diecast/core/error.hpp>

namespace diecast {
namespace {

constexpr std::string_view kSmallToml =
    "name = \"small\"\nn_layers = 2\nd_model = 256\nn_heads = 8\nd_ff = 1024\nseq_len = 128\nbatch_size = 32\n";

constexpr std::string_view kOld = R"({
  "model": {"type": "transformer", "d_model": 256, "num_heads": 8, "num_layers": 3, "d_ff": 1024},
  "computation": {"mode": "pretraining", "method": "autoregressive", "description": "a\nremark"},
  "training": {"learning_rate": 0.0001, "max_length": 128, "batch_size": 20, "prefetch_batches": 2, "num_workers": 3,
               "shuffle": false, "num_epochs": 4},
  "data": {"input_file": "a \"b\".txt", "output_dir": "out"}
})";

bool has_note(const ImportedConfig& imported, std::string_view key) {
  return std::ranges::any_of(imported.notes,
                             [&](const std::string& note) { return note.starts_with(std::string(key) + ": "); });
}

std::string legacy_error(std::string_view json) {
  try {
    import_legacy_config(json, "old.json", kSmallToml);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "no error";
}

TEST_CASE("an imported configuration sets what the old one said") {
  const ImportedConfig imported = import_legacy_config(kOld, "old.json", kSmallToml);
  const TomlText files[] = {{imported.toml, "new.toml"}};
  const RunConfig config = resolve_run_config(files, {}, kSmallToml);
  CHECK(config.optimizer.lr == 0.0001);
  CHECK(config.schedule.name.value == "constant");
  CHECK(config.train.max_epochs == 4.0);
  CHECK_FALSE(config.data.shuffle);
  CHECK(config.data.prefetch_batches == 2);
  CHECK(config.data.workers == 3);
  CHECK(config.run.out.value == "out");
  CHECK(config.tokenizer.kind.value == "word");
  CHECK(imported.toml.find("# a remark\n") != std::string::npos);
  CHECK(imported.toml.find(R"(source = "a \"b\".txt")") != std::string::npos);
}

TEST_CASE("shapes that agree with the preset are repeated, others are noted") {
  const ImportedConfig imported = import_legacy_config(kOld, "old.json", kSmallToml);
  CHECK(imported.toml.find("d_model = 256\n") != std::string::npos);
  CHECK(imported.toml.find("n_layers") == std::string::npos);
  CHECK(has_note(imported, "model.num_layers"));
  CHECK(has_note(imported, "training.batch_size"));
  CHECK_FALSE(has_note(imported, "model.d_model"));
}

TEST_CASE("keys that did nothing there are noted, unknown ones too") {
  const ImportedConfig imported =
      import_legacy_config(R"({"model": {"d_modle": 3}, "training": {"learning_rate": 1e-4}})", "old.json", kSmallToml);
  REQUIRE(has_note(imported, "training.learning_rate"));
  REQUIRE(has_note(imported, "model.d_modle"));
  CHECK(std::ranges::any_of(imported.notes, [](const std::string& note) { return note.ends_with("is model.d_model"); }));
}

TEST_CASE("what is no such configuration is one clear line") {
  CHECK(legacy_error("{\n\"model\": {,\n}").starts_with("not valid JSON, old.json:2"));
  CHECK(legacy_error("[]").starts_with("not a configuration of the original program"));
  CHECK(legacy_error(R"({"model": {}, "data": {}})").starts_with("not a configuration of the original program"));
  CHECK(legacy_error(R"({"model": 3, "training": {}})").starts_with("model is 3, wanted is an object"));
  CHECK(legacy_error(R"({"model": {"d_model": -1}, "training": {}})").starts_with("model.d_model is -1, wanted is a whole"));
  CHECK(legacy_error(R"({"model": {"d_model": "256"}, "training": {}})").starts_with("model.d_model is \"256\""));
  CHECK(legacy_error(R"({"model": {}, "training": {"shuffle": 1}})").starts_with("training.shuffle is 1, wanted is true"));
}

}  // namespace
}  // namespace diecast
