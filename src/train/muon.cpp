#include "train/muon.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

namespace diecast {
namespace {

// Elements of a matrix that one thread orthogonalises while the others take other matrices, if there are enough of them: its
// products are a few tasks each, and waiting for one another after every one of them took as long as they did.
constexpr std::size_t kSmallMatrix = 128 * 512;

bool is_matrix_of_block(const ParamRow& row) { return row.name.starts_with("blocks.") && row.shape.size() == 2; }

}  // namespace

Muon::Muon(const ParamTable& table, const TrainedArrays& arrays, const OptimizerSettings& settings, ThreadPool& pool,
           const SpanOps& ops)
    : Optimizer(table, arrays, settings, pool, ops) {
  for (const ParamRow& row : table.rows) {
    if (!is_matrix_of_block(row)) {
      std::ranges::copy_if(chunks_, std::back_inserter(others_), [&](const Chunk& chunk) {
        return chunk.offset >= row.offset && chunk.offset < row.offset + row.stored;
      });
      continue;
    }
    for (const Matrix& matrix : projections_of(row)) {
      const std::size_t size = matrix.rows * matrix.cols;
      (size <= kSmallMatrix ? small_ : large_).push_back(matrix);
      const double length = 0.2 * std::sqrt(static_cast<double>(std::max(matrix.rows, matrix.cols)));
      Chunk piece = whole_row(row);
      piece.lr *= length;
      piece.decay /= length;
      for (std::size_t done = 0; done < size; done += kChunk) {
        piece.offset = matrix.offset + done;
        piece.size = piece.unpadded = std::min(kChunk, size - done);
        pieces_.push_back(piece);
      }
    }
  }
  if (small_.size() < pool.threads()) {
    large_.insert(large_.end(), small_.begin(), small_.end());
    small_.clear();
  }
  if (const Extents e(large_); !large_.empty()) together_.emplace(e.longer, e.shorter, pool, ops);
  if (const Extents e(small_); !small_.empty())
    for (std::size_t thread = 0; thread < pool.threads(); ++thread) alone_.emplace_back(e, ops);
}

Muon::Extents::Extents(const std::vector<Matrix>& matrices) {
  for (const Matrix& matrix : matrices) {
    longer = std::max({longer, matrix.rows, matrix.cols});
    shorter = std::max(shorter, std::min(matrix.rows, matrix.cols));
  }
}

std::size_t Muon::scratch_bytes() const {
  std::size_t bytes = together_ ? together_->scratch_bytes() : 0;
  for (const Lone& lone : alone_) bytes += lone.orthogonaliser.scratch_bytes();
  return bytes;
}

// Rows of the fused weights, as the layers read their results: [queries | keys | values], the queries as wide as the
// model (see Attention), and [gate | up] (see Activation).
std::vector<Muon::Matrix> Muon::projections_of(const ParamRow& row) {
  const std::size_t rows = row.shape[0], cols = row.shape[1];
  const std::string_view name = row.name;
  std::vector<std::size_t> parts{rows};
  if (name.ends_with(".qkv.weight")) parts = {cols, (rows - cols) / 2, (rows - cols) / 2};
  if (name.ends_with(".gate_up.weight")) parts = {rows / 2, rows / 2};
  std::vector<Matrix> matrices;
  std::size_t offset = row.offset;
  for (const std::size_t part : parts) {
    matrices.push_back({offset, part, cols});
    offset += part * cols;
  }
  return matrices;
}

void Muon::apply(const Step& step) {
  apply_adamw(others_, step);
  const auto momentum = static_cast<float>(settings_.momentum);
  float *gradients = arrays_.gradients.data(), *moments = arrays_.first_moments.data();
  pool_.run(pieces_.size(), [&](std::size_t i, std::size_t) {
    const Chunk& piece = pieces_[i];
    ops_.look_ahead(step.grad_scale, momentum, gradients + piece.offset, moments + piece.offset, piece.size);
  });
  for (const Matrix& matrix : large_) together_->run(gradients + matrix.offset, matrix.rows, matrix.cols);
  pool_.run(small_.size(), [&](std::size_t i, std::size_t thread) {
    const Matrix& matrix = small_[i];
    alone_[thread].orthogonaliser.run(gradients + matrix.offset, matrix.rows, matrix.cols);
  });
  run_chunks(pieces_, step, [&](const Chunk& piece) {
    ops_.descend(static_cast<float>(step.lr * piece.lr * piece.decay), static_cast<float>(step.lr * piece.lr),
                 arrays_.parameters.data() + piece.offset, gradients + piece.offset, piece.size);
  });
}

}  // namespace diecast
