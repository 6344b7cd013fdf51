#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <diecast/kernels/grid.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <string>
#include <vector>

#include "tests/golden/golden.hpp"
#include "tests/model/layer_fixture.hpp"

namespace diecast {
namespace {

using P = ActivePreset;

/// The active preset with so many sequences a batch.
template <std::size_t kBatch>
struct WithBatch {
  static constexpr Preset value = [] {
    Preset preset = P::value;
    preset.batch_size = kBatch;
    return preset;
  }();
};

template <class Shape>
constexpr auto without_rows(const Shape& shape) {
  if constexpr (requires { shape.kernel(); }) {
    return shape.kernel();
  } else {
    return shape;
  }
}

// Kernels take the number of tokens as an argument: those of one batch's shapes are those of another's.
template <class Wanted, class Known, class To, class From>
void take_kernels(const Wanted& wanted, const Known& known, To& to, const From& from) {
  for (std::size_t i = 0; i < wanted.count; ++i)
    for (std::size_t k = 0; k < known.count; ++k)
      if (without_rows(known.items[k]) == without_rows(wanted.items[i])) to[i] = from[k];
}

template <class Q>
KernelTable<Q> kernels_with_batch(const KernelTable<P>& table) {
  constexpr const KernelShapes &wanted = KernelPlan<Q>::shapes, &known = KernelPlan<P>::shapes;
  KernelTable<Q> result{};
  take_kernels(wanted.gemms, known.gemms, result.gemms, table.gemms);
  take_kernels(wanted.packs, known.packs, result.packs, table.packs);
  take_kernels(wanted.attentions, known.attentions, result.attentions, table.attentions);
  take_kernels(wanted.norms, known.norms, result.norms, table.norms);
  take_kernels(wanted.activations, known.activations, result.activations, table.activations);
  take_kernels(wanted.losses, known.losses, result.losses, table.losses);
  take_kernels(wanted.heads, known.heads, result.heads, table.heads);
  result.rows = table.rows;
  result.tiles = table.tiles;
  return result;
}

constexpr std::size_t kSequences = 8;
constexpr std::size_t kTokens = kSequences * kPreset.seq_len;

template <std::size_t kBatch>
constexpr bool is_whole_blocks() {
  return kBatch * kPreset.seq_len % kTokenBlock == 0;
}

// What a step of all sequences leaves.
struct StepBits {
  std::vector<float> losses, gradients;

  bool operator==(const StepBits& other) const {
    const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    return same(losses, other.losses) && same(gradients, other.gradients);
  }
};

// In micro-batches of kBatch sequences.
template <std::size_t kBatch>
StepBits train_by(const std::string& target, const LossOptions& options) {
  using Q = WithBatch<kBatch>;
  using Model = Transformer<Q>;
  LayerFixture<Model> f(target);
  const KernelTable<Q> kernels = kernels_with_batch<Q>(*f.context.kernels);
  Context<Q> context = context_under(f.context, kernels);
  context.training = true;
  context.dropout_key = 11;
  std::vector<Token> inputs(kTokens), targets(kTokens);
  golden::golden_batch(WithBatch<kSequences>::value, 0, inputs, targets);
  for (std::size_t i = 5; i < kTokens; i += 17) targets[i] = kIgnoredToken;
  Operand sums(Element::f32, std::vector<double>(Model::StepSums::bytes / sizeof(float)));
  auto* step_sums = static_cast<std::byte*>(sums.data());
  Model::pack(context, f.frame);
  StepBits outcome;
  for (std::size_t row = 0; row < kTokens; row += Q::value.rows(), context.sequence += kBatch) {
    const auto losses = Model::forward_backward(context, f.frame, step_sums, {inputs.data() + row},
                                                {targets.data() + row}, 0.125f, options);
    outcome.losses.insert(outcome.losses.end(), losses.span().begin(), losses.span().end());
  }
  Model::end_step(context, f.frame, step_sums);
  outcome.gradients.assign(f.frame.grads, f.frame.grads + Model::Params::bytes / sizeof(float));
  CHECK(f.guards_hold());
  CHECK(sums.values() == std::vector<double>(sums.size()));
  return outcome;
}

template <std::size_t kBatch>
void check_cut(const std::string& target, const LossOptions& options, const StepBits& expected) {
  if constexpr (is_whole_blocks<kBatch>()) {
    CAPTURE(kBatch);
    CHECK(train_by<kBatch>(target, options) == expected);
  }
}

TEST_CASE("a batch's losses and gradients have the same bits in micro-batches of whole blocks of tokens" *
          doctest::skip(!is_whole_blocks<4>())) {
  if constexpr (is_whole_blocks<4>()) {
    for (const std::string& target : tested_targets()) {
      CAPTURE(target);
      for (const LossOptions& options : {LossOptions{}, LossOptions{.label_smoothing = 0.1f, .z_loss = 1e-3f}}) {
        const StepBits expected = train_by<kSequences>(target, options);
        check_cut<4>(target, options, expected);
        check_cut<2>(target, options, expected);
        check_cut<1>(target, options, expected);
      }
    }
  }
}

}  // namespace
}  // namespace diecast
