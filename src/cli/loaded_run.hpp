#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/config/run_config.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/data/token_set.hpp>
#include <diecast/model/model.hpp>
#include <diecast/report/log.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

#include "cli/run_data.hpp"

namespace diecast {

/// Throws Error(Fault::run) with both numbers when the model's plan for `threads` (0: one per CPU) and `more_bytes`
/// beside it do not fit into the memory available.
void check_memory(std::size_t threads = 0, std::size_t more_bytes = 0);
/// What moving means of the parameters take, if the configuration asks for them.
std::size_t bytes_of_means(const RunConfig& config);

/// The configuration that a run's folder holds, with `overrides`.
RunConfig config_of_run(const RunFolder& folder, std::span<const std::string> overrides = {});

/// What a checkpoint says of its run, counted in this binary's batches; its files are not verified.
TrainState state_of(const std::filesystem::path& checkpoint);

/// The state of a run that has not begun.
TrainState new_state(std::uint64_t seed, const Tokenizer& tokenizer, const RunTokens& tokens);

/// Throws Error(Fault::usage) when seed, tokenizer or corpus are not those that the state of a checkpoint was trained
/// with, or when its steps had another number of rows because they were other batches.
void check_same_run(const TrainState& state, const std::filesystem::path& checkpoint, const RunConfig& config,
                    const Tokenizer& tokenizer, const RunTokens& tokens);

/// Throws Error(Fault::usage) when these are not the validation tokens the run was trained with.
void check_validation(const TrainState& state, const TokenSet& validation);

/// A finished or interrupted run with all that is needed to use one of its checkpoints. Of the model, only the
/// parameters are loaded.
struct LoadedRun {
  RunFolder folder;
  RunConfig config;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Model> model;
  TrainState state;
};

/// `checkpoint` is `latest`, `best` or a step. Of `latest`, the newest one that is whole is taken, and the log warned
/// if that is an older one. Throws Error when there is no run, it is another preset's, or it has no such checkpoint.
LoadedRun load_run(const std::string& path, const std::string& checkpoint, Log& log);

}  // namespace diecast
