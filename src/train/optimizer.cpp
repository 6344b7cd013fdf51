#include <diecast/train/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <diecast/core/random.hpp>
#include <diecast/train/param_groups.hpp>

#include "train/muon.hpp"

namespace diecast {

Optimizer::Optimizer(const ParamTable& table, const TrainedArrays& arrays, const OptimizerSettings& settings,
                     ThreadPool& pool, const SpanOps& ops)
    : arrays_(arrays), settings_(settings), pool_(pool), ops_(ops) {
  for (const ParamRow& row : table.rows) {
    Chunk chunk = whole_row(row);
    for (std::size_t done = 0; done < row.stored; done += kChunk) {
      chunk.offset = row.offset + done;
      chunk.size = std::min(kChunk, row.stored - done);
      chunk.unpadded = std::min(chunk.size, row.size() - std::min(done, row.size()));
      chunks_.push_back(chunk);
    }
  }
  sums_.resize(chunks_.size());
}

Optimizer::Chunk Optimizer::whole_row(const ParamRow& row) const {
  Chunk chunk{row.offset, row.stored, row.size(), 1, row.decays ? settings_.weight_decay : 0};
  if (const ParamGroup* group = group_of(settings_.groups, row.name)) {
    chunk.lr = group->lr;
    chunk.decay = group->weight_decay.value_or(chunk.decay);
  }
  return chunk;
}

void Optimizer::zero_gradients() {
  pool_.run(chunks_.size(), [&](std::size_t i, std::size_t) {
    ops_.fill(arrays_.gradients.data() + chunks_[i].offset, 0.0f, chunks_[i].size);
  });
}

void Optimizer::add_noise(std::uint64_t step, double loss_scale) {
  if (settings_.gradient_noise == 0) return;
  const double variance = settings_.gradient_noise / std::pow(1 + static_cast<double>(step), 0.55);
  const std::uint64_t bits = Random{settings_.seed, 0x6E6F697365}.bits(step);  // "noise"
  const NoiseDraw draw{.deviation = static_cast<float>(std::sqrt(variance) * loss_scale),
                       .radius_key = static_cast<std::uint32_t>(bits >> 32),
                       .angle_key = static_cast<std::uint32_t>(bits)};
  pool_.run(chunks_.size(), [&](std::size_t i, std::size_t) {  // padding has no gradient
    const std::size_t offset = chunks_[i].offset;
    ops_.add_noise(draw, static_cast<std::uint32_t>(offset), arrays_.gradients.data() + offset, chunks_[i].unpadded);
  });
}

double Optimizer::gradient_norm(double loss_scale) {
  pool_.run(chunks_.size(), [&](std::size_t i, std::size_t) {
    sums_[i] = ops_.sum_of_squares(arrays_.gradients.data() + chunks_[i].offset, chunks_[i].size);
  });
  return std::sqrt(std::accumulate(sums_.begin(), sums_.end(), 0.0)) / loss_scale;
}

void Optimizer::update(std::uint64_t step, double lr, double grad_norm, double loss_scale) {
  const double t = static_cast<double>(step);
  const bool clips = settings_.grad_clip > 0 && grad_norm > settings_.grad_clip;
  apply({.number = step,
         .lr = lr,
         .grad_scale = static_cast<float>((clips ? settings_.grad_clip / grad_norm : 1.0) / loss_scale),
         .mean_share = static_cast<float>(1 - std::min(settings_.mean_decay, (1 + t) / (10 + t)))});
}

void Optimizer::apply_adamw(std::span<const Chunk> chunks, const Step& step) {
  const double t = static_cast<double>(step.number);
  const double correction = 1 - std::pow(settings_.beta1, t);
  const AdamWStep constants{
      .grad_scale = step.grad_scale,
      .beta1 = static_cast<float>(settings_.beta1),
      .beta2 = static_cast<float>(settings_.beta2),
      .eps = static_cast<float>(settings_.eps),
      .step_size = 0,
      .inv_sqrt_correction = static_cast<float>(1 / std::sqrt(1 - std::pow(settings_.beta2, t))),
      .decay = 0,
  };
  run_chunks(chunks, step, [&](const Chunk& chunk) {
    AdamWStep own = constants;
    own.step_size = static_cast<float>(step.lr * chunk.lr / correction);
    own.decay = static_cast<float>(step.lr * chunk.lr * chunk.decay);
    ops_.adamw(own, arrays_.parameters.data() + chunk.offset, arrays_.gradients.data() + chunk.offset,
               arrays_.first_moments.data() + chunk.offset, arrays_.second_moments.data() + chunk.offset,
               chunk.size);
  });
}

namespace {

class AdamW final : public Optimizer {
 public:
  using Optimizer::Optimizer;

 private:
  void apply(const Step& step) override { apply_adamw(chunks_, step); }
};

class Lion final : public Optimizer {
 public:
  using Optimizer::Optimizer;

 private:
  void apply(const Step& step) override {
    run_chunks(chunks_, step, [&](const Chunk& chunk) {
      const LionStep own{.grad_scale = step.grad_scale,
                         .beta1 = static_cast<float>(settings_.beta1),
                         .beta2 = static_cast<float>(settings_.beta2),
                         .step_size = static_cast<float>(step.lr * chunk.lr),
                         .decay = static_cast<float>(step.lr * chunk.lr * chunk.decay)};
      ops_.lion(own, arrays_.parameters.data() + chunk.offset, arrays_.gradients.data() + chunk.offset,
                arrays_.first_moments.data() + chunk.offset, chunk.size);
    });
  }
};

class Sgd final : public Optimizer {
 public:
  using Optimizer::Optimizer;

 private:
  void apply(const Step& step) override {
    run_chunks(chunks_, step, [&](const Chunk& chunk) {
      const SgdStep own{.grad_scale = step.grad_scale,
                        .momentum = static_cast<float>(settings_.momentum),
                        .step_size = static_cast<float>(step.lr * chunk.lr),
                        .decay = static_cast<float>(chunk.decay)};
      ops_.sgd(own, arrays_.parameters.data() + chunk.offset, arrays_.gradients.data() + chunk.offset,
               arrays_.first_moments.data() + chunk.offset, chunk.size);
    });
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const ParamTable& table, const TrainedArrays& arrays,
                                          const OptimizerSettings& settings, ThreadPool& pool, const SpanOps& ops) {
  switch (settings.rule) {
    case UpdateRule::adamw: return std::make_unique<AdamW>(table, arrays, settings, pool, ops);
    case UpdateRule::muon: return std::make_unique<Muon>(table, arrays, settings, pool, ops);
    case UpdateRule::lion: return std::make_unique<Lion>(table, arrays, settings, pool, ops);
    case UpdateRule::sgd: break;
  }
  return std::make_unique<Sgd>(table, arrays, settings, pool, ops);
}

}  // namespace diecast
