#include <memory>

#include "cli/commands.hpp"
#include "cli/declare.hpp"

// Options of the commands of `data`.

namespace diecast {
namespace {

Command declare_data_prepare(CLI::App& app) {
  auto options = std::make_shared<DataPrepareOptions>();
  app.add_option("INPUT", options->inputs, "files, folders, globs or builtin:stories[:N]")->required();
  app.add_option("--out", options->out, "the folder to make")->type_name("DIR")->required();
  app.add_option("--tokenizer", options->tokenizer,
                 "a tokenizer.json, or the run or data folder that has one; else one is learnt from the text")
      ->type_name("FILE|RUN");
  declare_threads(app, options->threads);
  declare_overrides(app, options->overrides);
  declare_json(app, options->json);
  return [options] { return data_prepare(*options); };
}

template <int (*kCommand)(const DataFolderOptions& options)>
Command declare_data_folder(CLI::App& app) {
  auto options = std::make_shared<DataFolderOptions>();
  app.add_option("DIR", options->folder, "the folder of `data prepare`")->required();
  declare_json(app, options->json);
  return [options] { return kCommand(*options); };
}

Command declare_data_why(CLI::App& app) {
  auto options = std::make_shared<DataWhyOptions>();
  app.add_option("RUN", options->run, "the run's folder")->required();
  app.add_option("--step", options->step, "from 1; also one that is still to come")->check(number_between(0, 0x1p53))->type_name("N")->required();
  declare_json(app, options->json);
  return [options] { return data_why(*options); };
}

constexpr CommandEntry kDataCommands[]{
    {"prepare", "turn corpora into memory-mapped token shards", declare_data_prepare},
    {"info", "what a folder of prepared data holds", declare_data_folder<data_info>},
    {"verify", "read all of it and compare the checksums", declare_data_folder<data_verify>},
    {"why", "the documents that fed a training step", declare_data_why},
};

}  // namespace

Command declare_data(CLI::App& app) { return declare_commands(app, kDataCommands); }

}  // namespace diecast
