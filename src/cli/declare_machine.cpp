#include <memory>

#include "cli/commands.hpp"
#include "cli/declare.hpp"

// Options of the commands that need no run: of configurations, the preset and the machine.

namespace diecast {

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

Command declare_plan(CLI::App& app) {
  auto options = std::make_shared<PlanOptions>();
  app.add_option("CONFIG.toml", options->configs, "as for train: of the run whose learning rate is drawn");
  declare_overrides(app, options->overrides);
  declare_json(app, options->json);
  return [options] { return plan(*options); };
}

Command declare_doctor(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  declare_json(app, options->json);
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
  declare_threads(app, options->threads);
  app.add_flag("--quick", options->quick, "short samples: to see that everything runs");
  declare_json(app, options->json);
  return [options] { return bench(*options); };
}

}  // namespace diecast
