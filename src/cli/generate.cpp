#include <chrono>
#include <cstdio>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/generate/generator.hpp>
#include <diecast/report/log.hpp>
#include <diecast/report/write_stderr.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"

namespace diecast {
namespace {

bool print_now(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  // Whoever reads may have gone: the rest of the text is for nobody.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw Error(Fault::run, "cannot write the output", "stdout", "check the free space");
  return true;
}

}  // namespace

int generate(const GenerateOptions& options) {
  Log log(Log::Level::warning);
  LoadedRun run = load_run(options.run, options.checkpoint, log);
  const auto decoder = run.model->make_decoder();
  Generator generator(*decoder, *run.tokenizer, run.model->preset().seq_len);
  print_now(options.prompt);
  const auto start = std::chrono::steady_clock::now();
  const std::size_t tokens =
      generator.generate(options.prompt, options.max_tokens, options.sampling, print_now);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  print_now("\n");
  write_stderr(fmt::format("{} tokens in {:.2f} s, {:.0f} tok/s\n", tokens, taken.count(),
                           static_cast<double>(tokens) / taken.count()));
  return 0;
}

}  // namespace diecast
