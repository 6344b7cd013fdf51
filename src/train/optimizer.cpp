#include <diecast/train/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diecast {

AdamW::AdamW(const ParamTable& table, const TrainedArrays& arrays, const AdamWSettings& settings,
             ThreadPool& pool, const SpanOps& ops)
    : arrays_(arrays), settings_(settings), pool_(pool), ops_(ops) {
  for (const ParamRow& row : table.rows)
    for (std::size_t done = 0; done < row.stored; done += kChunk)
      chunks_.push_back({row.offset + done, std::min(kChunk, row.stored - done), row.decays});
  sums_.resize(chunks_.size());
}

void AdamW::zero_gradients() {
  pool_.run(chunks_.size(), [&](std::size_t i, std::size_t) {
    ops_.fill(arrays_.gradients.data() + chunks_[i].offset, 0.0f, chunks_[i].size);
  });
}

double AdamW::gradient_norm(double loss_scale) {
  pool_.run(chunks_.size(), [&](std::size_t i, std::size_t) {
    sums_[i] = ops_.sum_of_squares(arrays_.gradients.data() + chunks_[i].offset, chunks_[i].size);
  });
  return std::sqrt(std::accumulate(sums_.begin(), sums_.end(), 0.0)) / loss_scale;
}

void AdamW::update(std::uint64_t step, double lr, double grad_norm, double loss_scale) {
  const double t = static_cast<double>(step);
  const bool clips = settings_.grad_clip > 0 && grad_norm > settings_.grad_clip;
  const AdamWStep constants{
      .grad_scale = static_cast<float>((clips ? settings_.grad_clip / grad_norm : 1.0) / loss_scale),
      .beta1 = static_cast<float>(settings_.beta1),
      .beta2 = static_cast<float>(settings_.beta2),
      .eps = static_cast<float>(settings_.eps),
      .step_size = static_cast<float>(lr / (1 - std::pow(settings_.beta1, t))),
      .inv_sqrt_correction = static_cast<float>(1 / std::sqrt(1 - std::pow(settings_.beta2, t))),
      .decay = 0,
  };
  const float decay = static_cast<float>(lr * settings_.weight_decay);
  pool_.run(chunks_.size(), [&](std::size_t i, std::size_t) {
    const Chunk& chunk = chunks_[i];
    AdamWStep own = constants;
    own.decay = chunk.decays ? decay : 0.0f;
    ops_.adamw(own, arrays_.parameters.data() + chunk.offset, arrays_.gradients.data() + chunk.offset,
               arrays_.first_moments.data() + chunk.offset, arrays_.second_moments.data() + chunk.offset,
               chunk.size);
  });
}

}  // namespace diecast
