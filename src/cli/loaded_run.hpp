#pragma once

#include <memory>
#include <span>
#include <string>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/model/model.hpp>
#include <diecast/tokenizer/bpe.hpp>

namespace diecast {

/// Throws Error(Fault::run) with both numbers when the model's plan does not fit into the memory available.
void check_memory();

/// The configuration that a run's folder holds, with `overrides`.
RunConfig config_of_run(const RunFolder& folder, std::span<const std::string> overrides = {});

/// Fills the model from a checkpoint and checks that it was trained on this tokenizer's tokens.
TrainState load_trained(const std::filesystem::path& checkpoint, Model& model, const BpeTokenizer& tokenizer);

/// A finished or interrupted run with all that is needed to use its newest checkpoint.
struct LoadedRun {
  RunFolder folder;
  RunConfig config;
  BpeTokenizer tokenizer;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Model> model;
  TrainState state;
};

/// Throws Error when there is no run, it is another preset's, or it has no checkpoint.
LoadedRun load_run(const std::string& path);

}  // namespace diecast
