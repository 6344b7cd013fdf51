#include <diecast/kernels/span_ops.hpp>

#include <map>
#include <string>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/span_ops.cpp"
#include <hwy/foreach_target.h>

#include "kernels/product-inl.hpp"
#include "kernels/select_target.hpp"
#include "kernels/span_ops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

SpanOps span_ops_table() {
  return {&adamw,     &lion,    &sgd,       &look_ahead,     &descend, &approach,
          &add_noise, &product, &transpose, &sum_of_squares, &fill,    &triad};
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diecast {

HWY_EXPORT(span_ops_table);

const SpanOps& span_ops(std::string_view target) {
  static std::map<std::string, SpanOps, std::less<>> tables;
  const std::string name = choose_target(target);
  if (const auto known = tables.find(name); known != tables.end()) return known->second;
  SpanOps ops{};
  with_target(name, [&] { ops = HWY_DYNAMIC_DISPATCH(span_ops_table)(); });
  return tables.emplace(name, ops).first->second;
}

}  // namespace diecast
#endif  // HWY_ONCE
