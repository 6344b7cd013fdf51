#include <utility>

#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cpp"
#include <hwy/foreach_target.h>

#include "kernels/gemm-inl.hpp"
#include "kernels/head-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace diecast::HWY_NAMESPACE {

void gemm_table(KernelTable<ActivePreset>& table) {
  static constexpr const KernelShapes& shapes = KernelPlan<ActivePreset>::shapes;
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.gemms = {gemm_kernel<shapes.gemms.items[kSlot].kernel()>()...};
  }(std::make_index_sequence<shapes.gemms.count>());
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.packs = {pack_kernel<shapes.packs.items[kSlot].kernel()>()...};
  }(std::make_index_sequence<shapes.packs.count>());
  [&]<std::size_t... kSlot>(std::index_sequence<kSlot...>) {
    table.heads = {HeadFns{&head_anchors<shapes.heads.items[kSlot].kernel()>,
                           &head_exponentials<shapes.heads.items[kSlot].kernel()>}...};
  }(std::make_index_sequence<shapes.heads.count>());
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
