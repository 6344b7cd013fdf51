#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/generate/sampler.hpp>

namespace diecast {

/// The default configuration of the preset, presets/NAME.toml, as it was when the binary was built.
extern const std::string_view embedded_preset_toml;

/// The page of `report` but for the runs; empty in a binary that was built without uPlot.
extern const std::string_view report_page;

struct TrainOptions {
  std::vector<std::string> configs;    ///< later ones override earlier ones
  std::vector<std::string> overrides;  ///< KEY=VALUE
  std::string out;
  bool resume = false;
  std::optional<int> dashboard;  ///< port; 0: any free one
  bool quiet = false;
  bool json = false;
};

struct EvalOptions {
  std::string run;
  std::string checkpoint = "latest";  ///< latest, best or a step
  std::string data;
  std::string hellaswag;  ///< empty: the run's eval.hellaswag
  bool json = false;
};

struct GenerateOptions {
  std::string run;
  std::string checkpoint = "latest";  ///< latest, best or a step
  std::string prompt;
  std::size_t max_tokens = 200;
  Sampling sampling;
};

struct VerifyOptions {
  std::string run;
  std::string replay;  ///< A..B: steps to run again; empty: none
  bool json = false;
};

struct DataPrepareOptions {
  std::vector<std::string> inputs;
  std::string out;
  std::string tokenizer;               ///< a tokenizer.json or a folder that has one; empty: learn one
  std::vector<std::string> overrides;  ///< KEY=VALUE
  std::size_t threads = 0;             ///< 0: one per CPU
  bool json = false;
};

struct DataFolderOptions {
  std::string folder;
  bool json = false;
};

struct DataWhyOptions {
  std::string run;
  std::uint64_t step = 0;
  bool json = false;
};

struct ReplayBundleOptions {
  std::string bundle;
  bool json = false;
};

struct PlanOptions {
  std::vector<std::string> configs;
  std::vector<std::string> overrides;
  bool json = false;
};

struct DoctorOptions {
  bool json = false;
};

struct ConfigOptions {
  enum class Action { reference, check, show, import };
  Action action = Action::reference;
  std::vector<std::string> files;      ///< later ones override earlier ones; of import, the one to translate
  std::vector<std::string> overrides;  ///< KEY=VALUE
  std::string out;                     ///< of import; empty: stdout
  bool resolved = false;
};

struct ReportOptions {
  std::vector<std::string> runs;
  std::string out = "report.html";
};

struct ProfileOptions {
  std::vector<std::string> configs;    ///< later ones override earlier ones
  std::vector<std::string> overrides;  ///< KEY=VALUE
  std::size_t steps = 5;
  std::string trace;                   ///< the file to write; empty: none
  bool by_block = false;
  bool json = false;
};

struct BenchOptions {
  std::string filter;
  std::size_t rounds = 0;   ///< 0: as many as `quick` says
  std::size_t threads = 0;  ///< 0: one per CPU
  bool quick = false;
  bool json = false;
};

struct TokenizerTrainOptions {
  std::vector<std::string> inputs;
  std::string out;
  std::string kind;                    ///< empty: tokenizer.kind
  std::size_t vocab_size = 0;          ///< 0: what the preset holds
  std::string memory;                  ///< empty: tokenizer.memory
  std::size_t min_frequency = 0;       ///< 0: the kind's
  std::string pattern;                 ///< empty: data.pattern
  std::string text_field;              ///< empty: data.text_field
  std::size_t sample = 0;              ///< 0: data.sample
  std::vector<std::string> overrides;  ///< KEY=VALUE
  std::size_t threads = 0;             ///< 0: one per CPU
  bool json = false;
};

struct TokenizerEncodeOptions {
  std::string tokenizer;  ///< file or run
  std::string input;      ///< empty: stdin
  std::size_t threads = 0;
  bool lines = false;
  bool json = false;
};

struct TokenizerDecodeOptions {
  std::string tokenizer;  ///< file or run
  std::string input;      ///< empty: stdin
  bool lines = false;
};

struct TokenizerInfoOptions {
  std::string tokenizer;  ///< file or run
  std::string text;       ///< empty: none
  bool json = false;
};

struct TokenizerImportOptions {
  std::string vocab;
  std::string merges;
  std::string out;
  bool json = false;
};

/// One function a command. Each returns the exit code and throws Error.
int train(const TrainOptions& options);
int eval(const EvalOptions& options);
int generate(const GenerateOptions& options);
int data_prepare(const DataPrepareOptions& options);
int data_info(const DataFolderOptions& options);
int data_verify(const DataFolderOptions& options);
int data_why(const DataWhyOptions& options);
int plan(const PlanOptions& options);
int doctor(const DoctorOptions& options);
int config(const ConfigOptions& options);
int replay_bundle(const ReplayBundleOptions& options);
int report(const ReportOptions& options);
int profile(const ProfileOptions& options);
int verify(const VerifyOptions& options);
int bench(const BenchOptions& options);
int train_tokenizer(const TokenizerTrainOptions& options);
int encode(const TokenizerEncodeOptions& options);
int decode(const TokenizerDecodeOptions& options);
int tokenizer_info(const TokenizerInfoOptions& options);
int import_tokenizer(const TokenizerImportOptions& options);

}  // namespace diecast
