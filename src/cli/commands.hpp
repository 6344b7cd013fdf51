#pragma once

#include <cstddef>
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
};

struct EvalOptions {
  std::string run;
  std::string data;
  bool json = false;
};

struct GenerateOptions {
  std::string run;
  std::string prompt;
  std::size_t max_tokens = 200;
  Sampling sampling;
};

struct PlanOptions {
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

struct BenchOptions {
  std::string filter;
  std::size_t rounds = 0;   ///< 0: as many as `quick` says
  std::size_t threads = 0;  ///< 0: one per CPU
  bool quick = false;
  bool json = false;
};

/// One function a command. Each returns the exit code and throws Error.
int train(const TrainOptions& options);
int eval(const EvalOptions& options);
int generate(const GenerateOptions& options);
int plan(const PlanOptions& options);
int doctor(const DoctorOptions& options);
int config(const ConfigOptions& options);
int report(const ReportOptions& options);
int bench(const BenchOptions& options);

}  // namespace diecast
