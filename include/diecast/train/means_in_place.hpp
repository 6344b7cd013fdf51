#pragma once

#include <algorithm>

#include <diecast/model/model.hpp>

namespace diecast {

/// The moving means in the place of the parameters and the parameters in theirs, for as long as this lives; nothing
/// where the model keeps no means. Training goes on with the same bits. Nobody may read or write either meanwhile.
class MeansInPlace {
 public:
  explicit MeansInPlace(Model& model) : model_(model) { swap(); }
  ~MeansInPlace() { swap(); }
  MeansInPlace(const MeansInPlace&) = delete;
  MeansInPlace& operator=(const MeansInPlace&) = delete;

 private:
  void swap() {
    if (model_.means().empty()) return;
    std::ranges::swap_ranges(model_.parameters(), model_.means());
    model_.parameters_changed();
  }

  Model& model_;
};

}  // namespace diecast
