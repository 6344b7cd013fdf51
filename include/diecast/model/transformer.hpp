#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <boost/hana/type.hpp>

#include <diecast/kernels/plan.hpp>
#include <diecast/model/activation.hpp>
#include <diecast/model/attention.hpp>
#include <diecast/model/chain.hpp>
#include <diecast/model/dropout.hpp>
#include <diecast/model/embedding.hpp>
#include <diecast/model/fused_loss_head.hpp>
#include <diecast/model/layer.hpp>
#include <diecast/model/linear.hpp>
#include <diecast/model/loss_head.hpp>
#include <diecast/model/norm.hpp>
#include <diecast/model/observe.hpp>
#include <diecast/model/recompute.hpp>
#include <diecast/preset/preset.hpp>

namespace diecast {

/// The layer types of preset P over kRows rows: of whole sequences in training and evaluation, one in generation.
/// Architecture choices are made here and nowhere else.
template <class P, std::size_t kRows>
struct Layers {
  static constexpr Preset p = P::value;
  static constexpr bool kTraining = kRows != 1;
  static constexpr std::size_t kBatch = kTraining ? kRows / p.seq_len : 1;
  static constexpr std::uint32_t kDropout = dropout_threshold(p);
  static constexpr bool kDrops = kTraining && kDropout != 0;
  using E = ElementType<p.precision>;

  static constexpr AttentionShape attention{
      kBatch, p.seq_len, p.n_heads, p.kv_heads(), p.head_dim(), p.precision,
      p.position == Position::rope, kDrops ? kDropout : 0};
  static constexpr std::size_t kMlpWidth = p.mlp == MlpKind::swiglu ? 2 * p.d_ff : p.d_ff;

  using Embed = Embedding<kBatch, kTraining ? p.seq_len : 1, p.seq_len, p.vocab_size,
                          p.padded_vocab(), p.d_model, p.position == Position::learned>;
  using Normalise = NormLayer<p.norm, kRows, p.d_model, E, p.norm == Norm::layer_norm && p.bias,
                              static_cast<std::size_t>(p.norm_eps * 1e9 + 0.5)>;
  using Attend = std::conditional_t<kTraining, Attention<attention>, CachedAttention<attention>>;
  template <std::size_t kIn, std::size_t kOut>
  using Project = Linear<kRows, kIn, kOut, E, p.bias>;
  /// Back into the residual stream; what follows it adds the skip when there is dropout.
  template <std::size_t kIn>
  using Return = Linear<kRows, kIn, p.d_model, E, p.bias, true, !kDrops>;
  using Drop = Dropout<kRows, p.seq_len, p.d_model, kDropout>;
  template <template <std::size_t, std::size_t, std::size_t, std::size_t, class, bool> class AnyHead>
  using HeadOf = AnyHead<kRows, p.d_model, p.vocab_size, p.padded_vocab(), E, p.tied_head>;
  /// f16 cannot hold the fused head's exponentials.
  using Head = std::conditional_t<p.precision == Element::f16, HeadOf<LossHead>, HeadOf<FusedLossHead>>;

  using UpProject = Project<p.d_model, kMlpWidth>;
  using Up = std::conditional_t<p.mlp == MlpKind::swiglu, Stage<"gate_up", UpProject>, Stage<"up", UpProject>>;

  /// The branch's stages, with dropout behind them where the preset has it.
  template <class... Stages>
  using Branch = Residual<typename std::conditional_t<kDrops, std::type_identity<Chain<Stages..., Stage<"dropout", Drop>>>,
                                                      std::type_identity<Chain<Stages...>>>::type>;
  /// Part, run again in backward if that is the preset's policy. Generation has no backward.
  template <Recompute kPolicy, class Part>
  using RecomputedBy = std::conditional_t<kTraining && p.recompute == kPolicy, Recomputed<Part>, Part>;
  /// The body's stages, with the embedding's dropout before them.
  template <class... Stages>
  using Prepend = typename std::conditional_t<kDrops, std::type_identity<Chain<Stage<"dropout", Drop>, Stages...>>,
                                              std::type_identity<Chain<Stages...>>>::type;
};

/// The attention branch: norm, fused projection, heads, projection back.
template <class P, std::size_t kRows, class L = Layers<P, kRows>>
struct AttentionBranch
    : L::template Branch<Stage<"norm", typename L::Normalise>,
                         Stage<"qkv", typename L::template Project<L::p.d_model, L::p.qkv_width()>>,
                         Stage<"core", typename L::Attend>,
                         Stage<"output", typename L::template Return<L::p.d_model>>> {};

/// The MLP branch: norm, projection up (of gates too, for SwiGLU), activation, projection down.
template <class P, std::size_t kRows, class L = Layers<P, kRows>>
struct MlpBranch : L::template Branch<Stage<"norm", typename L::Normalise>, typename L::Up,
                                      Stage<"activation", Activation<L::p.mlp, kRows, L::p.d_ff, typename L::E>>,
                                      Stage<"down", typename L::template Return<L::p.d_ff>>> {};

/// One pre-norm block (Radford et al. 2019; Touvron et al. 2023).
template <class P, std::size_t kRows, class L = Layers<P, kRows>>
struct Block
    : Chain<Stage<"attention", typename L::template RecomputedBy<Recompute::branches, AttentionBranch<P, kRows>>>,
            Stage<"mlp", typename L::template RecomputedBy<Recompute::branches, MlpBranch<P, kRows>>>> {};

/// All between the embedding and the head: dropout if any, the blocks, the last norm.
template <class P, std::size_t kRows, class L = Layers<P, kRows>>
struct Body
    : L::template Prepend<
          Stage<"blocks",
                Repeat<typename L::template RecomputedBy<Recompute::block, Block<P, kRows>>, L::p.n_layers>>,
          Stage<"final_norm", typename L::Normalise>> {};

/// The whole model over kRows rows: embedding, body, head with loss.
template <class P, std::size_t kRows = P::value.rows()>
struct Transformer {
  using L = Layers<P, kRows>;
  using Embed = typename L::Embed;
  using Middle = Body<P, kRows>;
  using Head = typename L::Head;
  using Ids = Tensor<const Token, typename Embed::Input::shape>;
  using Targets = Tensor<const Token, Shape<kRows>>;
  using Losses = Tensor<const float, Shape<kRows>>;
  using Stream = typename Middle::Input;     // the residual stream
  using Features = typename Middle::Output;  // what the head reads

  using Params = Area<Embed::Params::bytes + Middle::Params::bytes + Head::Params::bytes>;
  using Packs = Area<Middle::Packs::bytes + Head::Packs::bytes>;
  using Saved = Area<Middle::Saved::bytes + Stream::bytes + Features::bytes + Head::Saved::bytes>;
  static constexpr KernelShapes shapes = shapes_of<Embed, Middle, Head>();
  static constexpr std::size_t thread_scratch_bytes = kThreadScratch<Middle>;
  static constexpr Flops flops{.forward = flops_of<Middle>().forward + flops_of<Head>().forward,
                               .again = flops_of<Middle>().again};

  /// Gradients that are added to the others at the end of a step, because their sums over the step's tokens would
  /// else come between those of the head, as often as there are micro-batches: a tied embedding's, with the tokens
  /// that have one, and what label smoothing adds to all of the head's rows.
  static constexpr bool kTied = P::value.tied_head;
  using StepSums = FieldList<Field<"tokens", float, Shape<kTied ? P::value.padded_vocab() : 1, P::value.d_model>>,
                             Field<"seen", std::uint8_t, Shape<kTied ? P::value.vocab_size : 1>>,
                             Field<"every_token", float, Shape<P::value.d_model>>>;

  // Backward: the head at time 0, the body at 1, the embedding at 2.
  static constexpr auto scratch_plan = plan(std::array<Lifetime, 4>{
      Lifetime{Head::Scratch::bytes, 0, 0}, {Features::bytes, 0, 1}, {Middle::Scratch::bytes, 1, 1}, {Stream::bytes, 1, 2}});
  using Scratch = Area<scratch_plan.bytes>;

  static Frame<Embed> embedding(const Frame<Transformer>& f) { return f.template part<Embed>(0, 0, 0, 0, 0); }
  static Frame<Middle> body(const Frame<Transformer>& f) {
    return f.template part<Middle>(Embed::Params::bytes, 0, 0, scratch_plan.offsets[2], 1);
  }
  static Frame<Head> head(const Frame<Transformer>& f) {
    return f.template part<Head>(Embed::Params::bytes + Middle::Params::bytes, Middle::Packs::bytes,
                                 Middle::Saved::bytes + Stream::bytes + Features::bytes, scratch_plan.offsets[0], 2);
  }

  static void pack(const Context<P>& ctx, const Frame<Transformer>& f) {
    Middle::pack(ctx, body(f));
    observe(ctx, "head", Pass::pack, None{}, [&] { Head::pack(ctx, head(f), vectors(f)); });
  }

  /// The features (kRows, d_model) that the head reads.
  static In<Features> features(const Context<P>& ctx, const Frame<Transformer>& f, Ids ids) {
    observe(ctx, "embedding", Pass::forward, stream(f), [&] { Embed::forward(ctx, embedding(f), ids, stream(f)); });
    Middle::forward(ctx, body(f), In<Stream>(stream(f)), output(f));
    return output(f);
  }

  /// Losses (kRows) of the rows; see LossHead.
  static Losses losses(const Context<P>& ctx, const Frame<Transformer>& f, Ids ids, Targets targets) {
    const In<Features> y = features(ctx, f, ids);
    observe(ctx, "head", Pass::forward, row_losses(f), [&] { Head::forward(ctx, head(f), y, targets, vectors(f)); });
    return Losses(saved<"losses">(head(f)));
  }

  /// The same with what `options` add, and adds the gradients of `scale` times their sum, some of them to `sums`, a
  /// StepSums that is zero when a step begins.
  static Losses forward_backward(const Context<P>& ctx, const Frame<Transformer>& f, std::byte* sums, Ids ids,
                                 Targets targets, float scale, const LossOptions& options) {
    const In<Features> y = features(ctx, f, ids);
    const auto dy = edge_at<Features>(f.scratch + scratch_plan.offsets[1]);
    const auto dx = edge_at<Stream>(f.scratch + scratch_plan.offsets[3]);
    observe(ctx, "head", Pass::forward, row_losses(f), [&] {
      Head::forward_backward(ctx, head(f), y, targets, vectors(f), scale, options, dy,
                             Tensor<float, typename Head::Weight>{head_weight(f, f.grads)},
                             field_at<StepSums, "every_token">(sums));
    });
    observe(ctx, "head", Pass::backward, dy, [] {});
    Middle::backward(ctx, body(f), In<Stream>(stream(f)), In<Features>(dy), dx);
    observe(ctx, "embedding", Pass::backward, None{}, [&] {
      if constexpr (kTied) {
        Embed::backward(ctx, embedding(f), ids, In<Stream>(dx), field_at<StepSums, "tokens">(sums));
        for (std::size_t row = 0; row < kRows; ++row) field_at<StepSums, "seen">(sums).data[ids.data[row]] = 1;
      } else {
        Embed::backward(ctx, embedding(f), ids, In<Stream>(dx), grad<"tokens">(embedding(f)));
      }
    });
    return Losses(saved<"losses">(head(f)));
  }

  /// Moves a step's sums to the gradients they belong to, so that they are zero again.
  static void end_step(const Context<P>& ctx, const Frame<Transformer>& f, std::byte* sums) {
    constexpr std::size_t kWidth = P::value.d_model;
    float* weight = head_weight(f, f.grads);
    const auto every_token = field_at<StepSums, "every_token">(sums).span();
    const bool smoothed = std::ranges::any_of(every_token, [](float v) { return v != 0; });
    ctx.pool->run(row_tasks(P::value.vocab_size), [&](std::size_t task, std::size_t) {
      const Range tokens = block(task, kRowBlock, P::value.vocab_size);
      for (std::size_t token = tokens.begin; token < tokens.end; ++token) {
        float* row = weight + token * kWidth;
        if constexpr (kTied) take_sum(ctx, sums, token, row);
        if (smoothed) ctx.kernels->rows.add(row, every_token.data(), row, kWidth);
      }
    });
    std::ranges::fill(every_token, 0.0f);
  }

  template <class Visit>
  static void for_each_part(const Visit& visit) {
    visit(std::string("embedding"), std::size_t{0}, boost::hana::type_c<Embed>);
    visit(std::string(), Embed::Params::bytes, boost::hana::type_c<Middle>);
    visit(std::string("head"), Embed::Params::bytes + Middle::Params::bytes, boost::hana::type_c<Head>);
  }

 private:
  // As a matrix, for observers.
  static auto row_losses(const Frame<Transformer>& f) {
    return saved<"losses">(head(f)).template as<Shape<kRows, 1>>();
  }
  // Adds to `row` what the embedding gives to a token.
  static void take_sum(const Context<P>& ctx, std::byte* sums, std::size_t token, float* row) {
    constexpr std::size_t kWidth = P::value.d_model;
    std::uint8_t& seen = field_at<StepSums, "seen">(sums).data[token];
    if (seen == 0) return;
    float* sum = field_at<StepSums, "tokens">(sums).data + token * kWidth;
    ctx.kernels->rows.add(row, sum, row, kWidth);
    std::fill_n(sum, kWidth, 0.0f);
    seen = 0;
  }
  static Out<Stream> stream(const Frame<Transformer>& f) { return edge_at<Stream>(f.saved + Middle::Saved::bytes); }
  static Out<Features> output(const Frame<Transformer>& f) {
    return edge_at<Features>(f.saved + Middle::Saved::bytes + Stream::bytes);
  }
  static typename Head::Vectors vectors(const Frame<Transformer>& f) { return {head_weight(f, f.params)}; }
  // The head's matrix in the parameters or their gradients: its own, or the token embedding's.
  static float* head_weight(const Frame<Transformer>& f, float* base) {
    return base + (P::value.tied_head ? 0 : (head(f).params - f.params));
  }
};

/// Rows of one sequence, or of two where they are odd: products of tokens take them in pairs.
template <class P>
inline constexpr std::size_t kSequenceRows = P::value.seq_len * (1 + P::value.seq_len % 2);

template <class P>
struct ModelShapes {
  static constexpr KernelShapes value =
      shapes_of<Transformer<P>, Transformer<P, kSequenceRows<P>>, Transformer<P, 1>>();
};
template <class P>
struct ModelShapes<Observed<P>> : ModelShapes<P> {};

}  // namespace diecast
