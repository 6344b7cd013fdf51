#include <memory>
#include <string>

#include <fmt/format.h>

#include <diecast/config/run_config.hpp>

#include "cli/commands.hpp"
#include "cli/declare.hpp"
#include "cli/preset_config.hpp"

// Options of the commands that make runs and use them.

namespace diecast {
namespace {

// With the values of the preset's default configuration.
std::string settings_help() {
  return "Keys of the configuration [and what they are if nothing changes them]:\n" +
         describe_settings(resolve_preset_config({}, {}));
}

void declare_checkpoint(CLI::App& app, std::string& checkpoint) {
  app.add_option("--checkpoint", checkpoint, "latest, best (of the lowest validation loss) or a step")
      ->capture_default_str()
      ->type_name("WHICH");
}

}  // namespace

Command declare_train(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  app.add_option("CONFIG.toml", options->configs,
                 "changes to the preset's default configuration; of several, later ones override earlier ones");
  declare_overrides(app, options->overrides);
  app.add_option("--out", options->out, "the run's folder (run.out)")->type_name("RUN");
  app.add_flag("--resume", options->resume, "go on from the newest checkpoint of --out RUN, with its own config.toml");
  app.add_option("--dashboard", options->dashboard,
                 "the run's report, live on 127.0.0.1; port 0: any that is free, which is then said")
      ->check(number_between(0, 65535))
      ->type_name("PORT");
  app.add_flag("--quiet", options->quiet, "nothing on stderr but warnings and errors, as with log.level = \"warning\"");
  app.add_flag("--json", options->json, "at the end one JSON object instead of samples");
  app.footer(settings_help);
  return [options] { return train(*options); };
}

Command declare_eval(CLI::App& app) {
  auto options = std::make_shared<EvalOptions>();
  app.add_option("RUN", options->run, "the run's folder")->required();
  app.add_option("--data", options->data, "text file, folder or glob instead of the run's validation set")
      ->type_name("PATH");
  declare_checkpoint(app, options->checkpoint);
  app.add_option("--hellaswag", options->hellaswag, "questions in llm.c's format to answer (eval.hellaswag)")
      ->type_name("FILE");
  declare_json(app, options->json);
  return [options] { return eval(*options); };
}

Command declare_generate(CLI::App& app) {
  auto options = std::make_shared<GenerateOptions>();
  Sampling& sampling = options->sampling;
  app.add_option("RUN", options->run, "the run's folder")->required();
  declare_checkpoint(app, options->checkpoint);
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

Command declare_profile(CLI::App& app) {
  auto options = std::make_shared<ProfileOptions>();
  app.add_option("CONFIG.toml", options->configs, "as for train; nothing of the run is kept");
  declare_overrides(app, options->overrides);
  app.add_option("--steps", options->steps, "steps to measure, after two that warm up")
      ->check(number_between(1, 10000))
      ->capture_default_str()
      ->type_name("N");
  app.add_flag("--by-block", options->by_block, "each block by itself");
  app.add_option("--trace", options->trace, "also write the steps as they went, for Perfetto or chrome://tracing")
      ->type_name("FILE.json");
  declare_json(app, options->json);
  return [options] { return profile(*options); };
}

Command declare_replay(CLI::App& app) {
  auto options = std::make_shared<ReplayBundleOptions>();
  app.add_option("BUNDLE", options->bundle, "the folder RUN/nonfinite-step-N that a run has left")->required();
  declare_json(app, options->json);
  return [options] { return replay_bundle(*options); };
}

Command declare_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  app.add_option("RUN", options->runs, "folders of runs, finished or not; several are laid over one another")->required();
  app.add_option("--out", options->out, "the page to write; needs nothing beside itself, also offline")
      ->capture_default_str()
      ->type_name("FILE.html");
  return [options] { return report(*options); };
}

Command declare_verify(CLI::App& app) {
  auto options = std::make_shared<VerifyOptions>();
  app.add_option("RUN", options->run, "the run's folder; nothing in it is written")->required();
  app.add_option("--replay", options->replay,
                 "run the steps after A up to B again, from the checkpoint of step A or the nearest before, and compare "
                 "them with what the run recorded")
      ->type_name("A..B");
  declare_json(app, options->json);
  return [options] { return verify(*options); };
}

}  // namespace diecast
