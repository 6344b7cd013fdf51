#include <diecast/kernels/table.hpp>

#include <map>
#include <string>

#include <diecast/core/error.hpp>
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

}  // namespace diecast
