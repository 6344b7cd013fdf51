#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>

namespace diecast {

inline constexpr std::string_view kStateFile = "state.json";
inline constexpr std::string_view kModelFile = "model.safetensors";
inline constexpr std::string_view kOptimizerFile = "optimizer.safetensors";
inline constexpr std::string_view kMeansFile = "ema.safetensors";

/// What `state.json` says.
struct StateFile {
  TrainState state;
  nlohmann::ordered_json preset;  ///< of `preset_to_json`
  std::string model_hash;         ///< XXH3-128 of model.safetensors
  std::string optimizer_hash;     ///< ... of optimizer.safetensors
  std::string means_hash{};       ///< ... of ema.safetensors; empty when there is none
};

/// The text of a state file. Its last entry is a checksum of the others.
std::string to_text(const StateFile& file);

/// Throws Error(Fault::run) when the file cannot be read or its checksum is wrong, Error(Fault::usage) when it is
/// whole, but of another version of the format.
StateFile read_state_file(const std::filesystem::path& path);

/// The state as a preset sees it that differs from the file's in `batch_size` alone: micro-batches are counted anew.
/// Throws Error(Fault::usage), naming `path`, when the run stopped inside one of these.
TrainState state_in_batches_of(const StateFile& file, std::size_t batch_size, const std::filesystem::path& path);

}  // namespace diecast
