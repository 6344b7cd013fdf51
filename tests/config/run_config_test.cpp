#include <diecast/config/run_config.hpp>

#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/config/nearest.hpp>
#include <diecast/core/error.hpp>

namespace diecast {
namespace {

constexpr std::string_view kModel =
    "name = \"quarter\"\nn_layers = 2\ndropout = 0.0\ntied_head = true\nnorm = \"layer_norm\"\n";
constexpr std::string_view kLimit = "[train]\nmax_steps = 10\n";

RunConfig resolve(std::string_view text, std::vector<std::string> overrides = {}) {
  const TomlText files[] = {{kLimit, "default.toml"}, {text, "run.toml"}};
  return resolve_run_config(files, overrides, kModel);
}

// The whole line a user sees.
std::string error_of(std::string_view text, std::vector<std::string> overrides = {}) {
  try {
    resolve(text, std::move(overrides));
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "no error";
}

TEST_CASE("values come from the defaults, then the files in order, then --set") {
  const TomlText files[] = {{"[train]\nmax_steps = 10\n[run]\nseed = 3\nthreads = 1", "a.toml"},
                            {"[run]\nseed = 4\n[data]\nshuffle = false", "b.toml"}};
  const std::vector<std::string> overrides{"run.threads=2", "sample.prompts=[\"Once\", \"Two\"]"};
  const RunConfig config = resolve_run_config(files, overrides, kModel);
  CHECK(config.log.every_steps == 10);
  CHECK(config.train.max_steps == 10);
  CHECK(config.run.seed == 4);
  CHECK(config.run.seed.where == "b.toml:2:8");
  CHECK(config.run.threads == 2);
  CHECK(config.run.threads.where == "--set run.threads");
  CHECK_FALSE(config.data.shuffle);
  CHECK(config.sample.prompts.value == std::vector<std::string>{"Once", "Two"});
}

TEST_CASE("--set takes TOML and, where that fails or a text is wanted, the text itself") {
  const RunConfig config =
      resolve("", {"optimizer.lr=1e-4", "data.source=my file.txt", "run.out=2024", "data.pattern=\"*.md\""});
  CHECK(config.optimizer.lr == 1e-4);
  CHECK(config.data.source.value == std::vector<std::string>{"my file.txt"});
  CHECK(config.run.out.value == "2024");
  CHECK(config.data.pattern.value == "*.md");
}

TEST_CASE("a whole number will do where a float is asked for, but not the other way round") {
  CHECK(resolve("[optimizer]\nlr = 1").optimizer.lr == 1.0);
  CHECK(error_of("[run]\nseed = 1.5") == "run.seed must be an integer, not a float, run.toml:2:8, as in seed = 1");
}

TEST_CASE("a file that sets a limit drops the limits before it, and --set only adds one") {
  const RunConfig config = resolve("[train]\nmax_epochs = 3", {"train.max_minutes=1"});
  CHECK(config.train.max_steps == 0);
  CHECK(config.train.max_epochs == 3);
  CHECK(config.train.max_minutes == 1);
  CHECK(resolve("[train]\nmicro_batches = 2").train.max_steps == 10);
}

TEST_CASE("what depends on evaluations on the way needs some") {
  CHECK(error_of("[eval]\npatience = 2") ==
        "eval.patience needs evaluations on the way, run.toml:2:12, set eval.every_steps");
  CHECK(error_of("[schedule]\nname = \"plateau\"") ==
        "schedule plateau needs evaluations on the way, run.toml:2:8, set eval.every_steps");
  CHECK(resolve("[eval]\npatience = 2\nevery_steps = 10\n[schedule]\nname = \"plateau\"").eval.patience == 2);
  // It needs no end, as one that falls by steps does not.
  CHECK(resolve("[train]\nmax_minutes = 1\n[eval]\nevery_steps = 9\n[schedule]\nname = \"plateau\"").eval.patience == 0);
}

TEST_CASE("an unknown key names the nearest one and its place") {
  CHECK(error_of("[train]\nmax_step = 1") ==
        "unknown key train.max_step, run.toml:2:1, the nearest is train.max_steps");
  CHECK(error_of("[optimizer]\nwarmup_steps = 1") ==
        "unknown key optimizer.warmup_steps, run.toml:2:1, the nearest is schedule.warmup_steps");
  CHECK(error_of("[model]\nlayers = 2") ==
        "unknown key model.layers, run.toml:2:1, the nearest is model.n_layers");
  CHECK(error_of("seed = 2") == "unknown key seed, run.toml:1:1, the nearest is run.seed");
  CHECK(error_of("[optimiser]\nlr = 2") == "unknown key optimiser, run.toml:1:2, the nearest is optimizer");
  CHECK(error_of("", {"optimizer.lrr=1"}) ==
        "unknown key optimizer.lrr, --set optimizer.lrr, the nearest is optimizer.lr");
}

TEST_CASE("a wrong type names the right one and its place") {
  CHECK(error_of("[optimizer]\nlr = \"big\"") ==
        "optimizer.lr must be a number, not a string, run.toml:2:6, as in lr = 0.003");
  CHECK(error_of("[sample]\nprompts = [1]") ==
        "sample.prompts must be a string or an array of strings, not an array, run.toml:2:11, as in prompts = []");
  CHECK(error_of("[data]\nshuffle = 1") ==
        "data.shuffle must be true or false, not an integer, run.toml:2:11, as in shuffle = true");
  CHECK(error_of("train = 3") ==
        "train is a section, not a value, run.toml:1:1, write [train] on a line of its own");
}

TEST_CASE("a value out of range names the range and its place") {
  CHECK(error_of("[optimizer]\nlr = 0") ==
        "optimizer.lr = 0 is out of range, run.toml:2:6, it must be above 0");
  CHECK(error_of("[optimizer]\nbeta2 = 1.0") ==
        "optimizer.beta2 = 1 is out of range, run.toml:2:9, it must be from 0 to 1, 1 excluded");
  CHECK(error_of("", {"run.seed=-1"}) ==
        "run.seed = -1 is out of range, --set run.seed, it must be at least 0");
  CHECK(error_of("[optimizer]\nlr = nan").starts_with("optimizer.lr = nan is out of range"));
  CHECK(error_of("[schedule]\nname = \"cosin\"") ==
        "schedule.name cannot be \"cosin\", run.toml:2:8, use one of constant, linear, cosine, cosine_restarts, wsd, "
        "one_cycle, step, exponential, plateau; the nearest is cosine");
}

TEST_CASE("text that is not TOML is an error at its place") {
  CHECK(error_of("[train]\nmax_steps = = 3").find("run.toml:2:13") != std::string::npos);
  CHECK(error_of("", {"train"}).starts_with("--set train is not SECTION.KEY=VALUE"));
}

TEST_CASE("[model] may repeat the preset and not contradict it") {
  CHECK(error_of("[model]\nname = \"quarter\"\nn_layers = 2\ndropout = 0\ntied_head = true") == "no error");
  CHECK(error_of("[model]\nn_layers = 4") ==
        "model.n_layers = 4 contradicts this binary, which was built with 2, run.toml:2:12, "
        "delete the key or use the binary of another preset");
  CHECK(error_of("[model]\nnorm = 'rms_norm'").starts_with("model.norm = 'rms_norm' contradicts"));
  CHECK(error_of("[model]\ntied_head = false").starts_with("model.tied_head = false contradicts"));
  CHECK(error_of("[model]\nn_layers = '2'").starts_with("model.n_layers = '2' contradicts"));
}

TEST_CASE("of a field that is free [model] may say anything") {
  const TomlText file{"[model]\nn_layers = 4\n[train]\nmax_steps = 3\n", "run.toml"};
  CHECK_NOTHROW(resolve_run_config({&file, 1}, {}, "n_layers = 2\nd_model = 8\n", "n_layers"));
  CHECK_THROWS_AS(resolve_run_config({&file, 1}, {}, "n_layers = 2\nd_model = 8\n", "d_model"), Error);
}

TEST_CASE("the memory of a vocabulary is a number of bytes") {
  CHECK(resolve("[tokenizer]\nmemory = '500M'").tokenizer.memory.value == "500M");
  CHECK(error_of("[tokenizer]\nmemory = 'much'") ==
        "tokenizer.memory = \"much\" is no size, run.toml:2:10, as in 500M or 2G");
  CHECK(error_of("", {"tokenizer.memory=0"}).starts_with("tokenizer.memory = \"0\" is no size, --set tokenizer.memory"));
}

TEST_CASE("settings that make no sense together are refused") {
  CHECK(error_of("[train]\nmax_steps = 0").starts_with("nothing says when training ends"));
  CHECK(error_of("[schedule]\nmin_lr = 1.0").starts_with("schedule.min_lr = 1 is above optimizer.lr"));
  CHECK(error_of("[train]\nmax_minutes = 1").starts_with("a cosine schedule needs a last step"));
  CHECK(error_of("[train]\nmax_minutes = 1\n[schedule]\nname = 'constant'") == "no error");
}

TEST_CASE("the text of a configuration reads back to the same configuration") {
  const RunConfig config = resolve(
      "[optimizer]\nlr = 3e-4\neps = 1e-9\n[sample]\nprompts = ['He said \"no\"', \"\", "
      "\"tab\\tünï\\n\\\\\"]\n"
      "[run]\nout = 'a b'\nseed = 9007199254740993");
  const std::string text = to_toml(config, kModel);
  CHECK(text.find("lr = 0.0003\n") != std::string::npos);
  const TomlText file{text, "config.toml"};
  const RunConfig again = resolve_run_config({&file, 1}, {}, kModel);
  CHECK(to_toml(again, kModel) == text);
  CHECK(again.sample.prompts.value == config.sample.prompts.value);
  CHECK(again.run.seed == 9007199254740993u);
}

TEST_CASE("parameter groups are tables in TOML and read back") {
  const RunConfig config = resolve("[optimizer]\ngroups = [{match = '*norm*', weight_decay = 0}, {match = 'b', lr = 2}]");
  const std::vector<ParamGroup> groups{{"*norm*", 1, 0.0}, {"b", 2, {}}};
  CHECK(config.optimizer.groups.value == groups);
  const std::string text = to_toml(config, kModel);
  const TomlText file{text, "config.toml"};
  CHECK(resolve_run_config({&file, 1}, {}, kModel).optimizer.groups.value == groups);
  CHECK(resolve("[[optimizer.groups]]\nmatch = '*'\nlr = 0").optimizer.groups.value.front().lr == 0);
  CHECK(resolve("", {"optimizer.groups=[{match = 'b', lr = 2}]"}).optimizer.groups.value.front() == groups[1]);
  CHECK(resolve("[optimizer]\ngroups = [{match = 'a'}]", {"optimizer.groups=[]"}).optimizer.groups.value.empty());
}

TEST_CASE("a wrong parameter group is an error at its place") {
  CHECK(error_of("[optimizer]\ngroups = [{match = 'a', weigth_decay = 0}]") ==
        "unknown key weigth_decay of optimizer.groups, run.toml:2:40, the nearest is weight_decay");
  CHECK(error_of("", {"optimizer.groups=[{match = 'a', lr = -1}]"}) ==
        "lr of optimizer.groups = -1 is out of range, --set optimizer.groups, it must be at least 0");
  CHECK(error_of("[optimizer]\ngroups = [{lr = 2}]") ==
        "a table of optimizer.groups matches nothing, run.toml:2:11, name parameters, as in match = \"*norm*\"");
  CHECK(error_of("[optimizer]\ngroups = [{match = 3}]").starts_with("match of optimizer.groups must be a string, not an integer"));
  CHECK(error_of("[optimizer]\ngroups = [{match = 'a', lr = 'b'}]").starts_with("lr of optimizer.groups must be a number"));
  CHECK(error_of("[optimizer]\ngroups = 'a'") ==
        "optimizer.groups must be an array of tables, not a string, run.toml:2:10, as in groups = []");
}

TEST_CASE("the nearest name is the one with the fewest slips") {
  const std::vector<std::string> names{"train", "eval", "generate", "plan"};
  CHECK(nearest_name("trian", names) == "train");
  CHECK(nearest_name("evaluate", names) == "eval");
  CHECK(nearest_name("gen", names) == "generate");
  CHECK(edit_distance("trian", "train") == 1);
  CHECK(edit_distance("", "plan") == 4);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("data come from one source or several, with a weight each or none") {
  CHECK(resolve("[data]\nsource = 'a.txt'", {}).data.source.value == std::vector<std::string>{"a.txt"});
  const RunConfig mixture = resolve("[data]\nsource = ['a', 'b']\nweights = [1, 0.5]", {});
  CHECK(mixture.data.source.value == std::vector<std::string>{"a", "b"});
  CHECK(mixture.data.weights.value == std::vector<double>{1, 0.5});
  CHECK(error_of("[data]\nsource = ['a', 'b']\nweights = [1]").starts_with("data.weights has 1 numbers for 2 sources"));
  CHECK(error_of("[data]\nsource = 'a'\nweights = [0]").starts_with("a weight of 0 in data.weights"));
  CHECK(error_of("[data]\nsource = 'a'\nweights = ['x']").starts_with("data.weights must be an array of numbers"));
  CHECK(error_of("[data]\nsource = []").starts_with("data.source names nothing"));
  CHECK(error_of("[data]\nsplit = 'separator'").find("needs data.separator") != std::string::npos);
  CHECK(error_of("[data]\nseparator = '--'").starts_with("data.separator has no effect with data.split = \"file\""));
}

}  // namespace
}  // namespace diecast
