#include <diecast/kernels/table.hpp>

#include <map>
#include <string>

#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#include "kernels/select_target.hpp"

namespace diecast {

template <>
const KernelTable<ActivePreset>& kernels_for<ActivePreset>(std::string_view target) {
  static std::map<std::string, KernelTable<ActivePreset>, std::less<>> tables;
  if (const auto known = tables.find(target); known != tables.end()) return known->second;
  KernelTable<ActivePreset> table{};
  with_target(target, [&] {
    load_gemm_kernels(table);
    load_attention_kernels(table);
    load_row_kernels(table);
  });
  const auto entry = tables.emplace(target, table).first;
  entry->second.target = entry->first;
  return entry->second;
}

}  // namespace diecast
