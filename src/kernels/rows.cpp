#include <utility>

#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cpp"
#include <hwy/foreach_target.h>

#include "kernels/rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

void row_table(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.norms = {NormFns{&norm_forward<shapes.norms.items[kSlot].kernel()>,
                           &norm_backward<shapes.norms.items[kSlot].kernel()>}...};
  }(std::make_index_sequence<shapes.norms.count>());
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.activations = {ActivationFns{&activation_forward<shapes.activations.items[kSlot].kernel()>,
                                       &activation_backward<shapes.activations.items[kSlot].kernel()>}...};
  }(std::make_index_sequence<shapes.activations.count>());
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.losses = {&loss_row<shapes.losses.items[kSlot]>...};
  }(std::make_index_sequence<shapes.losses.count>());
  using E = ElementType<ActivePreset::value.precision>;
  table.rows = {&column_sum<float>, &column_sum<E>, &narrow<E>, &add_rows<E>, &add, &dropout};
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
