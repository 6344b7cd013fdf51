#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <diecast/data/batch.hpp>
#include <diecast/model/model.hpp>
#include <diecast/model/observer.hpp>

namespace diecast {

/// What a model is run on: the arguments of `forward_backward`, or, where it does not train, of `losses`.
struct MicroStep {
  Batch batch{};
  float scale = 1;  ///< of the loss
  DropoutKey key{};
  StepPart part{};
  bool trains = true;
};

/// Where a value that is not finite appears first.
struct NonFinite {
  std::string layer{};               ///< whose result it is in, as in `blocks.1.mlp.up`; empty: no layer's
  Pass pass = Pass::forward;         ///< of the layer
  std::optional<std::size_t> row{};  ///< of the batch
  std::string value{};               ///< of the layer's result: `nan`, `inf`, `-inf`
  std::string parameter{};           ///< that is not finite itself, or else has such a gradient; empty: none
  bool in_gradient = false;          ///< whether it is the parameter's gradient
  std::string parameter_value{};     ///< likewise, or a number whose square is not finite, as norms need it

  bool operator==(const NonFinite&) const = default;
};

/// Runs a micro-step observed, from gradients that are zero, and looks for the first value that is not finite: in what
/// layers write, in the order in which they do, then in the gradients; and for the parameter behind it. Nothing when
/// all are finite. Leaves the gradients in any state.
std::optional<NonFinite> find_nonfinite(Model& model, const MicroStep& micro_step);

/// A micro-step that went wrong, with all that it takes to run it again but the parameters.
struct NonFiniteBundle {
  std::string what;          ///< that was not finite: `loss`, `gradient`, ...
  std::uint64_t step = 0;    ///< the optimizer step, counted from 1
  std::string target;        ///< of the kernels
  std::size_t threads = 0;
  MicroStep micro_step{};
  std::optional<NonFinite> found{};  ///< nothing when no layer, parameter or gradient of this micro-step is to blame
  std::string document{};            ///< of the row, where there is one
};

/// `: nan first in blocks.1.mlp.up forward, row 37 (sequence 1, position 5) of stories.txt (id 7), inf in parameter
/// blocks.1.mlp.up.weight`: the end of a line that begins with what is not finite.
std::string to_text(const NonFiniteBundle& bundle, std::size_t seq_len);

/// Writes the bundle and the model's parameters as a folder, complete under its name or not at all:
///
///     model.safetensors   the parameters
///     bundle.json         the rest, and the preset
///
/// Throws Error(Fault::run).
void write_bundle(const std::filesystem::path& folder, Model& model, const NonFiniteBundle& bundle);

/// What `write_bundle` wrote, but the parameters. Throws Error(Fault::usage) when it is no bundle or of another preset.
NonFiniteBundle read_bundle(const std::filesystem::path& folder, const Preset& preset);

/// The parameters of a bundle. Throws Error(Fault::run) when they are damaged.
void load_bundle_parameters(const std::filesystem::path& folder, Model& model);

}  // namespace diecast
