#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/core/error.hpp>

#include "tests/checkpoint/fake_model.hpp"
#include "tests/contains.hpp"
#include "tests/temporary_folder.hpp"

namespace diecast::testing {

inline constexpr Retention kKeepAll{};
inline constexpr const char* kFiles[] = {"model.safetensors", "optimizer.safetensors", "state.json"};

/// A state with something in every field, numbers beyond what a double holds among them.
inline TrainState state_at(std::uint64_t step) {
  return {.step = step,
          .micro_steps = 4 * step,
          .tokens = 1000 * step,
          .seed = ~std::uint64_t{0},
          .wall_seconds = 0.1,
          .best_validation_loss = 1.0 / 3,
          .owes_evaluation = true,
          .owes_samples = true,
          .loss_scale = LossScaleState{.value = 4096, .good_steps = 17, .skipped_steps = 3},
          .improvement = {.best = 2.0 / 3, .step = 6, .stale = 5, .stale_since_fall = 4, .falls = 3},
          .spike = {.loss = {.mean = 0.3, .variance = 1e-300, .count = 9},
                    .grad_norm = {.mean = 0.7, .variance = 0.1, .count = 8},
                    .spikes = 7,
                    .skipped_steps = 6,
                    .rewinds = 2,
                    .rewound_step = 5},
          .jumps = {{.step = 1, .micro_steps = 5}, {.step = 3, .micro_steps = ~std::uint64_t{3}}},
          .tokenizer_hash = 0xFEDCBA9876543210,
          .train_hash = ~std::uint64_t{1},
          .validation_hash = ~std::uint64_t{2}};
}

/// The message of the Error, of this fault and one line long, that an action throws; "no error" if it throws none.
template <class Action>
std::string error_of(Fault fault, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.fault() == fault);
    const std::string what = error.what();
    CHECK(what.find('\n') == std::string::npos);
    return what;
  }
  return "no error";
}

/// The names in a folder, sorted.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// A run with one checkpoint, of step 7, of a model whose values all differ.
struct SavedRun {
  TemporaryFolder folder;
  RunFolder run = RunFolder::create(folder.path());
  FakeModel model;

  SavedRun() {
    model.fill_distinct();
    save_checkpoint(run, model, state_at(7), kKeepAll);
  }
  std::filesystem::path checkpoint() const { return run.checkpoint(7); }

  /// Calls change(path, content) for each file of the checkpoint, and puts the content back.
  template <class Change>
  void for_each_file(const Change& change) const {
    for (const char* file : kFiles) {
      CAPTURE(file);
      const std::filesystem::path path = checkpoint() / file;
      const std::string whole = read_file(path);
      change(path, whole);
      write_file(path, whole);
    }
  }
};

}  // namespace diecast::testing
