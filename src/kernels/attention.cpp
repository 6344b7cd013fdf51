#include <type_traits>

#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cpp"
#include <hwy/foreach_target.h>

#include "kernels/amx-inl.hpp"
#include "kernels/amx_attention-inl.hpp"
#include "kernels/attention-inl.hpp"
#include "kernels/attention_step-inl.hpp"
#include "kernels/slots.hpp"
#include "kernels/with_tiles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// Replaces training's kernels of bf16 heads that are whole tiles wide.
template <class Tiles>
void use_tiles(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  for_slots<shapes.attentions.count>([&](auto slot) {
    constexpr AttentionShape shape = shapes.attentions.items[slot].kernel();
    if constexpr (has_tiled_attention(shape)) {
      table.attentions[slot].forward = &attention_forward_tiled<Tiles, shape>;
      table.attentions[slot].backward = &attention_backward_tiled<Tiles, shape>;
    }
  });
}

void attention_table(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  for_slots<shapes.attentions.count>([&](auto slot) {
    constexpr AttentionShape shape = shapes.attentions.items[slot].kernel();
    table.attentions[slot] = {&attention_forward<shape>, &attention_backward<shape>, &attention_step<shape>};
  });
  with_tiles(table.tiles, [&]<class Tiles>(std::type_identity<Tiles>) { use_tiles<Tiles>(table); });
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
