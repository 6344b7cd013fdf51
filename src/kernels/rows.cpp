#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#include "kernels/slots.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cpp"
#include <hwy/foreach_target.h>

#include "kernels/rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

void row_table(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  for_slots<shapes.norms.count>([&](auto slot) {
    constexpr NormShape kShape = shapes.norms.items[slot].kernel();
    table.norms[slot] = {&norm_forward<kShape>, &norm_backward<kShape>};
  });
  for_slots<shapes.activations.count>([&](auto slot) {
    constexpr ActivationShape kShape = shapes.activations.items[slot].kernel();
    table.activations[slot] = {&activation_forward<kShape>, &activation_backward<kShape>};
  });
  for_slots<shapes.losses.count>([&](auto slot) { table.losses[slot] = &loss_row<shapes.losses.items[slot]>; });
  using E = ElementType<ActivePreset::value.precision>;
  table.rows = {&column_sum<float>, &column_sum<E>, &scaled_column_sum<E>, &narrow<E>, &add, &dropout};
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diecast {

HWY_EXPORT(row_table);

template <class P>
void load_row_kernels(KernelTable<P>& table) {
  HWY_DYNAMIC_DISPATCH(row_table)(table);
}
template void load_row_kernels<ActivePreset>(KernelTable<ActivePreset>&);

}  // namespace diecast
#endif  // HWY_ONCE
