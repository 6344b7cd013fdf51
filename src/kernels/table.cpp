#include <diecast/kernels/table.hpp>

#include <map>
#include <string>

#include <diecast/core/error.hpp>
#include <diecast/kernels/kernel_list.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#include "kernels/select_target.hpp"

namespace diecast {

namespace {

void check_tiles([[maybe_unused]] TileUnit tiles) {
#ifndef DIECAST_PLAIN_TILES
  if (tiles == TileUnit::plain)
    throw Error(Fault::usage, "this binary was not built for tests", std::string(kPlainTilesTarget),
                "use a target of `doctor`'s list");
#endif
}

}  // namespace

template <class P>
const KernelTable<P>& kernels_for(std::string_view target) {
  static std::map<std::string, KernelTable<P>, std::less<>> tables;
  if (const auto known = tables.find(target); known != tables.end()) return known->second;
  KernelTable<P> table{};
  table.tiles = tile_unit(target);
  check_tiles(table.tiles);
  with_target(target, [&] {
    load_gemm_kernels(table);
    load_attention_kernels(table);
    load_row_kernels(table);
  });
  return tables.emplace(target, table).first->second;
}
template const KernelTable<ActivePreset>& kernels_for<ActivePreset>(std::string_view);

KernelList training_kernels(std::string_view target) {
  using P = ActivePreset;
  constexpr const KernelShapes& plan = KernelPlan<P>::shapes;
  constexpr const KernelShapes& training = Transformer<P>::shapes;
  const KernelTable<P>& table = kernels_for<P>(target);
  const auto list = [](const auto& called, const auto& slots, const auto& kernels, auto& out) {
    for (std::size_t i = 0; i < called.count; ++i)
      if (called.times[i] > 0)
        out.push_back({called.items[i], called.times[i], kernels[slots.index(called.items[i])]});
  };
  KernelList all{};
  all.tiles = table.tiles;
  list(training.gemms, plan.gemms, table.gemms, all.gemms);
  list(training.packs, plan.packs, table.packs, all.packs);
  list(training.attentions, plan.attentions, table.attentions, all.attentions);
  list(training.norms, plan.norms, table.norms, all.norms);
  list(training.activations, plan.activations, table.activations, all.activations);
  list(training.losses, plan.losses, table.losses, all.losses);
  list(training.heads, plan.heads, table.heads, all.heads);
  all.row_calls = training.rows;
  all.rows = table.rows;
  return all;
}

}  // namespace diecast
