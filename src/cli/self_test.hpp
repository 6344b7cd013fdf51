#pragma once

#include <cstddef>
#include <string>

#include <diecast/core/thread_pool.hpp>
#include <diecast/machine/checks.hpp>

namespace diecast {

/// Compares the kernels of `target`, one of kernel_targets(), with SSE2's on the preset's own shapes: the
/// gradients of one batch or, where SSE2 would take too long for that, the logits of a few tokens. Takes some
/// seconds. Warns when there is nothing to compare with or `available_bytes` do not suffice.
Check self_test(ThreadPool& pool, const std::string& target, std::size_t available_bytes);

}  // namespace diecast
