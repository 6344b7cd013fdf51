#include <type_traits>

#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cpp"
#include <hwy/foreach_target.h>

#include "kernels/amx-inl.hpp"
#include "kernels/amx_gemm-inl.hpp"
#include "kernels/amx_head-inl.hpp"
#include "kernels/amx_pack-inl.hpp"
#include "kernels/gemm-inl.hpp"
#include "kernels/head-inl.hpp"
#include "kernels/slots.hpp"
#include "kernels/with_tiles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

// Replaces the kernels of bf16 products and packs, whose layouts differ, by those that work in tiles.
template <class Tiles>
void use_tiles(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  for_slots<shapes.gemms.count>([&](auto slot) {
    constexpr GemmShape shape = shapes.gemms.items[slot].kernel();
    if constexpr (shape.operands == Element::bf16) table.gemms[slot] = tiled_gemm_kernel<Tiles, shape>();
  });
  for_slots<shapes.packs.count>([&](auto slot) {
    constexpr PackShape shape = shapes.packs.items[slot].kernel();
    if constexpr (shape.operands == Element::bf16) table.packs[slot] = tiled_pack_kernel<shape>();
  });
  for_slots<shapes.heads.count>([&](auto slot) {
    constexpr HeadShape shape = shapes.heads.items[slot].kernel();
    if constexpr (shape.operands == Element::bf16) {
      table.heads[slot].exponentials = &head_exponentials_tiled<Tiles, shape>;
      table.heads[slot].targets = &head_targets_tiled<shape>;
    }
  });
}

void gemm_table(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  for_slots<shapes.gemms.count>(
      [&](auto slot) { table.gemms[slot] = gemm_kernel<shapes.gemms.items[slot].kernel()>(); });
  for_slots<shapes.packs.count>(
      [&](auto slot) { table.packs[slot] = pack_kernel<shapes.packs.items[slot].kernel()>(); });
  for_slots<shapes.heads.count>([&](auto slot) {
    constexpr HeadShape shape = shapes.heads.items[slot].kernel();
    table.heads[slot] = {&head_anchors<shape>, &head_exponentials<shape>, &head_targets<shape>};
  });
  with_tiles(table.tiles, [&]<class Tiles>(std::type_identity<Tiles>) { use_tiles<Tiles>(table); });
}

}  // namespace diecast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diecast {

HWY_EXPORT(gemm_table);

template <class P>
void load_gemm_kernels(KernelTable<P>& table) {
  HWY_DYNAMIC_DISPATCH(gemm_table)(table);
}
template void load_gemm_kernels<ActivePreset>(KernelTable<ActivePreset>&);

}  // namespace diecast
#endif  // HWY_ONCE
