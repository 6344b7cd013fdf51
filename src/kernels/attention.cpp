#include <utility>

#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cpp"
#include <hwy/foreach_target.h>

#include "kernels/attention-inl.hpp"
#include "kernels/attention_step-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

void attention_table(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.attentions = {AttentionFns{&attention_forward<shapes.attentions.items[kSlot].kernel()>,
                                     &attention_backward<shapes.attentions.items[kSlot].kernel()>,
                                     &attention_step<shapes.attentions.items[kSlot].kernel()>}...};
  }(std::make_index_sequence<shapes.attentions.count>());
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diecast {

HWY_EXPORT(attention_table);

template <class P>
void load_attention_kernels(KernelTable<P>& table) {
  HWY_DYNAMIC_DISPATCH(attention_table)(table);
}
template void load_attention_kernels<ActivePreset>(KernelTable<ActivePreset>&);

}  // namespace diecast
#endif  // HWY_ONCE
