#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include <diecast/core/field.hpp>
#include <diecast/core/tensor.hpp>
#include <diecast/kernels/context.hpp>
#include <diecast/model/observer.hpp>

namespace diecast {

template <class T, class S>
StageResult result_of(Tensor<T, S> tensor) {
  return {element_of<std::remove_const_t<T>>, S::outer, S::inner, tensor.data};
}
inline StageResult result_of(None) { return {}; }

/// Runs a stage that writes `result`, a tensor or None. Where P is observed, its observer is told so. `name` is a text
/// or an index.
template <class P, class Name, class Result, class Run>
void observe(const Context<P>& ctx, const Name& name, Pass pass, Result result, const Run& run) {
  if constexpr (!kObserved<P>) {
    run();
  } else {
    if constexpr (std::is_integral_v<Name>) {
      ctx.observer->enter(std::to_string(name), pass);
    } else {
      ctx.observer->enter(std::string_view(name), pass);
    }
    run();
    ctx.observer->leave(pass, result_of(result));
  }
}

}  // namespace diecast
