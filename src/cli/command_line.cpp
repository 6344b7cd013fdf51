#include "cli/command_line.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/config/nearest.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/error.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/model/model.hpp>

#include "cli/build_info.hpp"
#include "cli/commands.hpp"
#include "cli/preset_config.hpp"

namespace diecast {
namespace {

// Accepts a number within the bounds. CLI11's own check wraps negative numbers of unsigned options.
CLI::Validator number_between(double low, double high) {
  const auto check = [low, high](const std::string& text) {
    double value = 0;
    const bool good = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
    return good ? std::string() : fmt::format("{} is not a number from {} to {}", text, low, high);
  };
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

CLI::Validator one_of_words(std::vector<std::string> words) {
  const auto check = [words](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return fmt::format("{} is none of {}; the nearest is {}", text, fmt::join(words, ", "), nearest_name(text, words));
  };
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

void add_json(CLI::App& app, bool& json) { app.add_flag("--json", json, "one JSON object instead of text"); }

void add_threads(CLI::App& app, std::size_t& threads) {
  app.add_option("--threads", threads, "0: one per CPU")
      ->check(number_between(0, 4096))
      ->capture_default_str()
      ->type_name("N");
}

// With the values of the preset's default configuration.
std::string settings_help() {
  return "Keys of the configuration [and what they are if nothing changes them]:\n" +
         describe_settings(resolve_preset_config({}, {}));
}

void declare_overrides(CLI::App& app, std::vector<std::string>& overrides) {
  app.add_option("--set", overrides, "change one key, as in --set optimizer.lr=1e-3; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

// ---- the options of each command

Command declare_train(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  app.add_option("CONFIG.toml", options->configs,
                 "changes to the preset's default configuration; of several, later ones override earlier ones");
  declare_overrides(app, options->overrides);
  app.add_option("--out", options->out, "the run's folder (run.out)")->type_name("RUN");
  app.add_flag("--resume", options->resume, "go on from the newest checkpoint of --out RUN, with its own config.toml");
  app.footer(settings_help);
  return [options] { return train(*options); };
}

Command declare_eval(CLI::App& app) {
  auto options = std::make_shared<EvalOptions>();
  app.add_option("RUN", options->run, "the run's folder")->required();
  app.add_option("--data", options->data, "text file, folder or glob instead of the run's validation set")
      ->type_name("PATH");
  add_json(app, options->json);
  return [options] { return eval(*options); };
}

Command declare_generate(CLI::App& app) {
  auto options = std::make_shared<GenerateOptions>();
  Sampling& sampling = options->sampling;
  app.add_option("RUN", options->run, "the run's folder")->required();
  app.add_option("--prompt", options->prompt, "text to continue, the start of a document")->required();
  const auto number = [&](const char* name, auto& value, double most, const char* type, const char* help) {
    app.add_option(name, value, help)->check(number_between(0, most))->capture_default_str()->type_name(type);
  };
  number("--max-tokens", options->max_tokens, 1e9, "N", "end after so many tokens, or with the document");
  number("--temperature", sampling.temperature, 100, "T", "above 1: wilder, 0: always the likeliest token");
  number("--top-k", sampling.top_k, 1e9, "K", "only among the K likeliest tokens, 0: all");
  number("--top-p", sampling.top_p, 1, "P", "only among the likeliest tokens that together reach P");
  number("--seed", sampling.seed, 0x1p53, "S", "another seed, another text");
  return [options] { return generate(*options); };
}

Command declare_config(CLI::App& app) {
  using Action = ConfigOptions::Action;
  auto options = std::make_shared<ConfigOptions>();
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([options, action] { options->action = action; });
    return sub;
  };
  add("reference", "every key with its help, bounds and default, as a file to start from", Action::reference);
  CLI::App* check = add("check", "a dry run: is this a good configuration for this binary?", Action::check);
  CLI::App* show = add("show", "what the files and --set change, and where each value comes from", Action::show);
  for (CLI::App* sub : {check, show}) {
    sub->add_option("CONFIG.toml", options->files, "as for train");
    declare_overrides(*sub, options->overrides);
  }
  show->add_flag("--resolved", options->resolved, "all keys, the defaults too");
  CLI::App* import = add("import", "translate a JSON configuration of the original program", Action::import);
  import->add_option("OLD.json", options->files, "the file to translate")->required()->expected(1);
  import->add_option("--out", options->out, "the file to write, instead of stdout")->type_name("NEW.toml");
  return [options] { return config(*options); };
}

Command declare_data_prepare(CLI::App& app) {
  auto options = std::make_shared<DataPrepareOptions>();
  app.add_option("INPUT", options->inputs, "files, folders, globs or builtin:stories[:N]")->required();
  app.add_option("--out", options->out, "the folder to make")->type_name("DIR")->required();
  app.add_option("--tokenizer", options->tokenizer,
                 "a tokenizer.json, or the run or data folder that has one; else one is learnt from the text")
      ->type_name("FILE|RUN");
  add_threads(app, options->threads);
  declare_overrides(app, options->overrides);
  add_json(app, options->json);
  return [options] { return data_prepare(*options); };
}

template <int (*kCommand)(const DataFolderOptions& options)>
Command declare_data_folder(CLI::App& app) {
  auto options = std::make_shared<DataFolderOptions>();
  app.add_option("DIR", options->folder, "the folder of `data prepare`")->required();
  add_json(app, options->json);
  return [options] { return kCommand(*options); };
}

Command declare_data_why(CLI::App& app) {
  auto options = std::make_shared<DataWhyOptions>();
  app.add_option("RUN", options->run, "the run's folder")->required();
  app.add_option("--step", options->step, "from 1")->check(number_between(0, 0x1p53))->type_name("N")->required();
  add_json(app, options->json);
  return [options] { return data_why(*options); };
}

Command declare_plan(CLI::App& app) {
  auto options = std::make_shared<PlanOptions>();
  add_json(app, options->json);
  return [options] { return plan(*options); };
}

Command declare_doctor(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  add_json(app, options->json);
  return [options] { return doctor(*options); };
}

Command declare_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  app.add_option("--filter", options->filter,
                 "only what this Perl-compatible expression matches: step, step/threads=1, kernel/..., ablation/..., "
                 "target/..., tokenizer/... (those never without a filter)")
      ->type_name("RE");
  app.add_option("--rounds", options->rounds, "samples of each figure (7, or 3 with --quick)")
      ->check(number_between(1, 1000))
      ->type_name("N");
  add_threads(app, options->threads);
  app.add_flag("--quick", options->quick, "short samples: to see that everything runs");
  add_json(app, options->json);
  return [options] { return bench(*options); };
}

Command declare_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  app.add_option("RUN", options->runs, "folders of runs, finished or not; several are laid over one another")->required();
  app.add_option("--out", options->out, "the page to write; needs nothing beside itself, also offline")
      ->capture_default_str()
      ->type_name("FILE.html");
  return [options] { return report(*options); };
}

Command declare_tokenizer_train(CLI::App& app) {
  auto options = std::make_shared<TokenizerTrainOptions>();
  app.add_option("INPUT", options->inputs, "files, folders, globs or builtin:stories[:N]: plain text, JSONL and "
                                           "Wikipedia dumps, compressed or not");
  app.add_option("--out", options->out, "the tokenizer.json to write")->type_name("FILE")->required();
  app.add_option("--kind", options->kind, "bpe, word, char or byte (tokenizer.kind); byte needs no INPUT")
      ->check(one_of_words({"bpe", "word", "char", "byte"}))
      ->type_name("KIND");
  app.add_option("--vocab-size", options->vocab_size,
                 fmt::format("entries at most ({}, what this preset holds)", active_preset().vocab_size))
      ->check(number_between(1, 1e8))
      ->type_name("N");
  app.add_option("--memory", options->memory,
                 "most memory for counting, as in 500M or 2G; rare pieces are dropped when it is full (tokenizer.memory)")
      ->type_name("SIZE");
  app.add_option("--min-frequency", options->min_frequency,
                 "least occurrences of a merged pair or an entry (bpe: 2, word and char: 1)")
      ->check(number_between(1, 1e15))
      ->type_name("N");
  app.add_option("--pattern", options->pattern, "of the names of a folder's files, as in *.txt (data.pattern)")
      ->type_name("GLOB");
  app.add_option("--text-field", options->text_field, "of a JSONL object (data.text_field)")->type_name("KEY");
  app.add_option("--sample", options->sample, "about so many pages of a Wikipedia dump (data.sample)")
      ->check(number_between(1, 1e12))
      ->type_name("N");
  declare_overrides(app, options->overrides);
  add_threads(app, options->threads);
  add_json(app, options->json);
  return [options] { return train_tokenizer(*options); };
}

template <class Options>
void add_tokenizer(CLI::App& app, Options& options) {
  app.add_option("--tokenizer", options.tokenizer, "a tokenizer.json, or the run that has one")
      ->type_name("FILE|RUN")
      ->required();
}

Command declare_tokenizer_encode(CLI::App& app) {
  auto options = std::make_shared<TokenizerEncodeOptions>();
  app.add_option("INPUT", options->input, "a file of text; without it, standard input");
  add_tokenizer(app, *options);
  app.add_flag("--lines", options->lines, "each line is a text and becomes a line of ids");
  add_threads(app, options->threads);
  add_json(app, options->json);
  return [options] { return encode(*options); };
}

Command declare_tokenizer_decode(CLI::App& app) {
  auto options = std::make_shared<TokenizerDecodeOptions>();
  app.add_option("IDS-FILE", options->input, "ids with white space between them; without it, standard input");
  add_tokenizer(app, *options);
  app.add_flag("--lines", options->lines, "each line of ids becomes a line of text");
  return [options] { return decode(*options); };
}

Command declare_tokenizer_info(CLI::App& app) {
  auto options = std::make_shared<TokenizerInfoOptions>();
  app.add_option("FILE|RUN", options->tokenizer, "a tokenizer.json, or the run that has one")->required();
  app.add_option("--text", options->text, "measure how it encodes this file")->type_name("FILE");
  add_json(app, options->json);
  return [options] { return tokenizer_info(*options); };
}

Command declare_tokenizer_import(CLI::App& app) {
  auto options = std::make_shared<TokenizerImportOptions>();
  app.add_option("--vocab", options->vocab, "vocab.json, or OpenAI's encoder.json")->type_name("FILE")->required();
  app.add_option("--merges", options->merges, "merges.txt, or OpenAI's vocab.bpe")->type_name("FILE")->required();
  app.add_option("--out", options->out, "the tokenizer.json to write")->type_name("FILE")->required();
  add_json(app, options->json);
  return [options] { return import_tokenizer(*options); };
}

// ---- the commands

struct Entry {
  const char* name;
  const char* help;
  Command (*declare)(CLI::App& app);
};

// What the chosen one of `entries` does; it may be called when `app` is gone.
Command declare_commands(CLI::App& app, std::span<const Entry> entries) {
  app.require_subcommand(1);
  const auto chosen = std::make_shared<Command>();
  for (const Entry& entry : entries) {
    CLI::App* sub = app.add_subcommand(entry.name, entry.help);
    sub->callback([chosen, command = entry.declare(*sub)] { *chosen = command; });
  }
  return [chosen] { return (*chosen)(); };
}

constexpr Entry kDataCommands[]{
    {"prepare", "turn corpora into memory-mapped token shards", declare_data_prepare},
    {"info", "what a folder of prepared data holds", declare_data_folder<data_info>},
    {"verify", "read all of it and compare the checksums", declare_data_folder<data_verify>},
    {"why", "the documents that fed a training step", declare_data_why},
};

Command declare_data(CLI::App& app) { return declare_commands(app, kDataCommands); }

constexpr Entry kTokenizerCommands[]{
    {"train", "learn a vocabulary from text", declare_tokenizer_train},
    {"encode", "text to token ids", declare_tokenizer_encode},
    {"decode", "token ids to text", declare_tokenizer_decode},
    {"info", "what a tokenizer is, and how well it fits a text", declare_tokenizer_info},
    {"import", "make a tokenizer.json of GPT-2's two files", declare_tokenizer_import},
};

Command declare_tokenizer(CLI::App& app) { return declare_commands(app, kTokenizerCommands); }

constexpr Entry kCommands[]{
    {"train", "train the model", declare_train},
    {"eval", "measure a trained model: loss, perplexity, bits per byte", declare_eval},
    {"generate", "continue a text", declare_generate},
    {"data", "prepare, look at and trace what is trained on", declare_data},
    {"config", "check, show and translate configurations", declare_config},
    {"tokenizer", "learn, use and import vocabularies", declare_tokenizer},
    {"plan", "parameters, FLOPs and memory, before any run", declare_plan},
    {"doctor", "what keeps this machine or binary from training well, and the remedy", declare_doctor},
    {"report", "one page of a run's or several runs' loss, speed, samples and settings", declare_report},
    {"bench", "measure this machine, the training step and every kernel", declare_bench},
};

std::string version() {
  return fmt::format("{} (Diecast {}), target {}, {}", active_preset().name, DIECAST_VERSION, choose_target(),
                     compiler_name());
}

std::string environment_help() {
  return fmt::format(
      "Environment:\n"
      "  DIECAST_TARGET   kernels to use, one of: {}\n"
      "  {}   bytes of memory to take as available, instead of what the system says",
      fmt::join(kernel_targets(), " "), kMemoryVariable);
}

std::string nearest_option(const CLI::App& command, const std::string& mistyped) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return nearest_name(mistyped, names);
}

std::vector<std::string> names_of_subcommands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

// A complaint of CLI11 as ours: one line that says what, where and what to do.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string where = app.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    where += " " + command->get_name();
  }
  const std::vector<std::string> unexpected = app.remaining(true);
  if (!unexpected.empty() && unexpected.front().starts_with("-"))
    return Error(Fault::usage, "unknown option " + unexpected.front(), where,
                 "the nearest is " + nearest_option(*command, unexpected.front()));
  if (const std::vector<std::string> names = names_of_subcommands(*command); !names.empty()) {
    const std::string what =
        unexpected.empty() ? "no command was given" : "there is no command " + unexpected.front();
    return Error(Fault::usage, what, where, fmt::format("use one of {}", fmt::join(names, ", ")));
  }
  const std::string what = unexpected.empty() ? error.what() : "unexpected argument " + unexpected.front();
  return Error(Fault::usage, what, where, fmt::format("see {} --help", where));
}

// CLI11 would take an unknown command for an argument.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* level = &app;
  std::string where = "command line";
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::vector<std::string> names = names_of_subcommands(*level);
    if (names.empty()) return;
    if (std::find(names.begin(), names.end(), argv[i]) == names.end())
      throw Error(Fault::usage, std::string("there is no command ") + argv[i], where,
                  "the nearest is " + nearest_name(argv[i], names));
    level = level->get_subcommand(argv[i]);
    where = app.get_name() + " " + level->get_name();
  }
}

}  // namespace

Command read_command_line(int argc, char** argv) {
  const std::string preset(active_preset().name);
  CLI::App app("Trains and runs one language model: the preset '" + preset + "'.", preset);
  app.set_version_flag("--version", version);
  app.footer(environment_help);
  const Command command = declare_commands(app, kCommands);
  refuse_unknown_command(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      return [] { return 0; };
    }
    throw usage_error(app, error);
  }
  choose_target();  // says at once what is wrong with DIECAST_TARGET
  return command;
}

}  // namespace diecast
