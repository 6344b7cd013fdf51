#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/element.hpp>
#include <diecast/core/thread_pool.hpp>
#include <diecast/machine/roofline.hpp>

namespace diecast {

/// A kernel call of the training step, by itself.
struct KernelProbe {
  std::string name;   ///< "gemm_nn", "attention_backward", ...
  std::string shape;  ///< "4096x1024x256 bf16 bias"
  Element operands;   ///< of its products
  double times;       ///< calls in an optimizer step of one micro-batch, without those that recomputation adds
  Work work;          ///< of a call
  /// Allocates operands, random and nowhere zero, and returns the call: all its tasks, over the pool.
  std::function<std::function<void()>()> prepare;
};

/// Every kernel call of an optimizer step of the preset this binary was built for. The pool must outlive them.
std::vector<KernelProbe> kernel_probes(ThreadPool& pool, std::string_view target);

}  // namespace diecast
