#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/hana/for_each.hpp>

#include <diecast/model/layer.hpp>
#include <diecast/model/param_table.hpp>

namespace diecast {

/// Appends a row for each parameter of the layer or composite L, in the order of its frame. A row's name is
/// `prefix`, the names of the parts on the way to the parameter, each followed by a dot, and the parameter's own;
/// a part without a name adds nothing. `offset` is that of L's parameters, in bytes.
template <class L>
void append_param_rows(std::vector<ParamRow>& rows, const std::string& prefix, std::size_t offset = 0) {
  if constexpr (requires { L::for_each_part([](auto&&...) {}); }) {
    L::for_each_part([&](const std::string& name, std::size_t part_offset, auto type) {
      append_param_rows<typename decltype(type)::type>(rows, name.empty() ? prefix : prefix + name + ".",
                                                       offset + part_offset);
    });
  } else {
    boost::hana::for_each(L::Params::all, [&](auto type) {
      using Q = typename decltype(type)::type;
      std::vector<std::size_t> shape(Q::shape::extents.begin(), Q::shape::extents.end());
      shape.front() = Q::rows;
      rows.push_back({prefix + std::string(std::string_view(Q::name)), std::move(shape), offset / sizeof(float),
                      Q::shape::size, Q::decays, Q::init});
      offset += Q::bytes;
    });
  }
}

}  // namespace diecast
