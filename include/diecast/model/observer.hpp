#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <diecast/core/element.hpp>
#include <diecast/kernels/kernel_call.hpp>

namespace diecast {

/// What a stage of the model is doing.
enum class Pass : std::uint8_t {
  forward,
  backward,
  pack,  ///< rewriting the packed copies of its parameters
};

constexpr std::string_view name_of(Pass pass) {
  return pass == Pass::forward ? "forward" : pass == Pass::backward ? "backward" : "pack";
}

/// A matrix that a stage has written: its output y in forward, dx in backward, of the head in forward the losses
/// (rows, 1). Of packing, of the embedding's backward and of a composite that is run again there is none: `data` is null.
struct StageResult {
  Element element = Element::f32;
  std::size_t rows = 0, cols = 0;
  const void* data = nullptr;  ///< row-major; valid until the observer returns
};

/// What an observed model tells of its stages, see Model::set_observer. Calls come from the thread that runs the
/// model; what a call throws ends the pass.
class LayerObserver {
 public:
  virtual ~LayerObserver() = default;

  /// A stage begins. Names nest: on the way to its layer, a parameter's name in the ParamTable without its last part.
  /// A layer that is run again for its backward (see Recompute) begins a forward within the backward. The head's
  /// forward in training makes its gradients, too; its backward follows at once and only has the result to tell.
  virtual void enter(std::string_view name, Pass pass) = 0;
  /// The stage that began last and has not ended yet ends.
  virtual void leave(Pass pass, const StageResult& result) = 0;

  /// Around each call of a kernel, inside the stage that calls it.
  virtual void enter_kernel(const KernelCall&) {}
  virtual void leave_kernel() {}
};

}  // namespace diecast
