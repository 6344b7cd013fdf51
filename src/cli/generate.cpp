#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include <diecast/generate/generator.hpp>

#include "cli/command.hpp"
#include "cli/loaded_run.hpp"

namespace diecast {
namespace {

struct GenerateOptions {
  std::string run;
  std::string prompt;
  std::size_t max_tokens = 200;
  Sampling sampling;
};

void print_now(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int generate(const GenerateOptions& options) {
  LoadedRun run = load_run(options.run);
  const auto decoder = run.model->make_decoder();
  Generator generator(*decoder, run.tokenizer, run.model->preset().seq_len);
  print_now(options.prompt);
  const auto start = std::chrono::steady_clock::now();
  const std::size_t tokens =
      generator.generate(options.prompt, options.max_tokens, options.sampling, print_now);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  print_now("\n");
  fmt::print(stderr, "{} tokens in {:.2f} s, {:.0f} tok/s\n", tokens, taken.count(),
             static_cast<double>(tokens) / taken.count());
  return 0;
}

}  // namespace

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

}  // namespace diecast
