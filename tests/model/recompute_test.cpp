#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/model/recompute.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <string>
#include <vector>

#include "tests/golden/golden.hpp"
#include "tests/model/layer_fixture.hpp"

namespace diecast {
namespace {

using P = ActivePreset;
using L = Layers<P, kRows>;

template <Recompute kPolicy>
using Under = WithRecompute<P, kPolicy>;
using Plain = Under<Recompute::none>;
using Branches = Under<Recompute::branches>;
using WholeBlock = Under<Recompute::block>;

// What a training step leaves: loss by row, gradient by tensor.
struct Outcome {
  std::vector<float> losses;
  reference::Weights<double> gradients;
  bool guards_hold;
};

template <class Q>
Outcome train(const std::string& target) {
  using Model = Transformer<Q>;
  LayerFixture<Model> f(target);
  const KernelTable<Q> kernels = kernels_under<Q>(*f.context.kernels);
  Context<Q> context = context_under(f.context, kernels);
  context.training = true;
  context.dropout_key = 11;
  std::vector<Token> inputs(kRows), targets(kRows);
  golden::golden_batch(kPreset, 0, inputs, targets);
  Model::pack(context, f.frame);
  Operand sums(Element::f32, std::vector<double>(Model::StepSums::bytes / sizeof(float)));
  auto* step_sums = static_cast<std::byte*>(sums.data());
  const auto losses =
      Model::forward_backward(context, f.frame, step_sums, {inputs.data()}, {targets.data()}, 0.125f, {}).span();
  Model::end_step(context, f.frame, step_sums);
  return {{losses.begin(), losses.end()}, f.gradients(), f.guards_hold()};
}

TEST_CASE("under every policy of recomputation the losses and gradients have the same bits, on every target") {
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    const Outcome expected = train<Plain>(target);
    for (const Outcome& outcome : {train<Branches>(target), train<WholeBlock>(target)}) {
      CHECK(outcome.losses == expected.losses);
      CHECK(outcome.guards_hold);
      for (const auto& tensor : expected.gradients) {
        CAPTURE(tensor.first);
        CHECK(outcome.gradients.at(tensor.first) == tensor.second);
      }
    }
  }
}

// Runs Layer and Recomputed<Layer> side by side; what the latter left in its scratch is overwritten between
// forward and backward, as the next layer does.
template <class Layer>
void check_recomputed() {
  const auto x = random_values(Element::f32, Layer::Input::shape::size, 400, 1.5),
             dy = random_values(Element::f32, Layer::Output::shape::size, 401);
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    LayerFixture<Layer> keeping(target);
    LayerFixture<Recomputed<Layer>> recomputing(target);
    keeping.context.training = recomputing.context.training = true;
    CHECK(recomputing.forward(x).values() == keeping.forward(x).values());
    std::fill_n(recomputing.frame.scratch, Recomputed<Layer>::Scratch::bytes, std::byte{0xFF});
    CHECK(recomputing.backward(dy).values() == keeping.backward(dy).values());
    CHECK(recomputing.gradients() == keeping.gradients());
    CHECK(recomputing.guards_hold());
  }
}

TEST_CASE("a recomputed layer has the layer's bits, and needs nothing of forward but the input") {
  check_recomputed<AttentionBranch<P, kRows>>();
  check_recomputed<MlpBranch<P, kRows>>();
  check_recomputed<Block<Plain, kRows>>();
}

TEST_CASE("under a policy, what a block keeps beside its output is the edge between its branches, or nothing") {
  constexpr std::size_t edge = Edge<float, Shape<kRows, kPreset.d_model>>::bytes;
  CHECK(Body<Branches, kRows>::Saved::bytes <= Body<Plain, kRows>::Saved::bytes);
  CHECK(Block<Branches, kRows>::Saved::bytes == edge);
  CHECK(Body<Branches, kRows>::Saved::bytes - Body<WholeBlock, kRows>::Saved::bytes == kPreset.n_layers * edge);
}

// Of one block.
constexpr std::size_t kStream = kRows * kPreset.d_model, kProjection = 2 * kStream * kPreset.d_model;
constexpr std::size_t kFirstProducts =
    2 * kStream * (kPreset.qkv_width() + L::kMlpWidth) + 2 * kStream * kPreset.seq_len;

TEST_CASE("run again are the products before a branch's last, and of a block the attention's last, too") {
  CHECK(Transformer<Plain>::flops.again == 0);
  CHECK(Transformer<Branches>::flops.again == kPreset.n_layers * kFirstProducts);
  CHECK(Transformer<WholeBlock>::flops.again == kPreset.n_layers * (kFirstProducts + kProjection));
}

TEST_CASE("a policy changes neither the parameters nor the products of a step") {
  CHECK(Transformer<Branches>::Params::bytes == Transformer<Plain>::Params::bytes);
  CHECK(Transformer<WholeBlock>::flops.forward == Transformer<Plain>::flops.forward);
  const std::size_t blocks = kPreset.n_layers * (kFirstProducts + kProjection + 2 * kStream * kPreset.d_ff);
  CHECK(Transformer<Plain>::flops.forward == blocks + 2 * kStream * kPreset.vocab_size);
}

}  // namespace
}  // namespace diecast
