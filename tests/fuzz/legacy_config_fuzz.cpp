// JSON configurations of the original program: what is translated is TOML that Diecast reads.
#include <diecast/config/legacy_config.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/error.hpp>

#include "tests/fuzz/fuzz_target.hpp"

using namespace diecast;

namespace {

constexpr std::string_view kModel = "n_layers = 2\nd_model = 256\nn_heads = 8\nd_ff = 1024\nseq_len = 128\nbatch_size = 32\n";

}  // namespace

std::vector<std::string> fuzz::seeds() {
  return {R"({"model": {"type": "transformer", "d_model": 256, "num_heads": 8, "num_layers": 2, "d_ff": 1024},)"
          R"("computation": {"mode": "pretraining", "description": "a \"remark\""},)"
          R"("training": {"learning_rate": 0.0001, "max_length": 128, "batch_size": 20, "shuffle": true, "num_epochs": 1},)"
          R"("data": {"input_file": "a\tb.txt", "output_dir": "out"}})",
          R"({"model": {"num_layers": 3}, "training": {"prefetch_batches": 2, "num_workers": 1, "other": []}})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const ImportedConfig imported = import_legacy_config(fuzz::bytes_of(data, size), "old.json", kModel);
    try {
      const TomlText files[] = {{"[train]\nmax_steps = 1\n", "default"}, {imported.toml, "new.toml"}};
      resolve_run_config(files, {}, kModel);
    } catch (const Error& error) {
      // A value out of its bounds, as it was there; what is written is TOML all the same.
      fuzz::require(std::string(error.what()).find("not valid TOML") == std::string::npos);
    }
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
  }
  return 0;
}
