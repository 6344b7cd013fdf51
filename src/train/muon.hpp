#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/train/optimizer.hpp>

#include "train/orthogonaliser.hpp"

namespace diecast {

/// Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/): the matrices of the blocks move along their
/// orthogonalised Nesterov momentum, which is in the first moments. Its length is that of AdamW's updates, 0.2
/// sqrt(max(rows, cols)), so that learning rate and weight decay carry over (Liu et al. 2025, arXiv:2502.16982). All
/// other parameters are AdamW's.
class Muon final : public Optimizer {
 public:
  Muon(const ParamTable& table, const TrainedArrays& arrays, const OptimizerSettings& settings, ThreadPool& pool,
       const SpanOps& ops);

  std::size_t scratch_bytes() const override;

 private:
  // A projection. The model keeps those that read the same rows as one parameter.
  struct Matrix {
    std::size_t offset, rows, cols;
  };

  // Their longest extents.
  struct Extents {
    std::size_t longer = 0, shorter = 0;
    explicit Extents(const std::vector<Matrix>& matrices);
  };
  // What a thread needs to orthogonalise without the others.
  struct Lone {
    ThreadPool pool{1};
    Orthogonaliser orthogonaliser;
    Lone(const Extents& e, const SpanOps& ops) : orthogonaliser(e.longer, e.shorter, pool, ops) {}
  };

  static std::vector<Matrix> projections_of(const ParamRow& row);
  void apply(const Step& step) override;

  std::vector<Chunk> others_;  // AdamW's
  std::vector<Matrix> large_, small_;
  std::vector<Chunk> pieces_;  // of the matrices; lr holds the updates' length, and decay is divided by it
  std::optional<Orthogonaliser> together_;  // all threads on one large matrix; nothing where there are none
  std::deque<Lone> alone_;                  // of each thread, where there are small ones
};

}  // namespace diecast
