#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>

#include <diecast/core/arena.hpp>
#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/model/model.hpp>
#include <diecast/model/param_rows.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

#include "model/observed_model.hpp"

// The only file that instantiates Transformer<ActivePreset>.

namespace diecast {
namespace {

using P = ActivePreset;
using Training = Transformer<P>;
using Generating = Transformer<P, 1>;
/// One sequence, in the memory of a batch.
constexpr std::size_t kSingleRows = kSequenceRows<P>;
using Single = Transformer<P, kSingleRows>;
static_assert(Single::Saved::bytes <= Training::Saved::bytes &&
                  Single::thread_scratch_bytes <= Training::thread_scratch_bytes,
              "a sequence must not save more than a batch");
static_assert(Training::Params::bytes == Generating::Params::bytes && Training::Packs::bytes == Generating::Packs::bytes,
              "generation must read the parameters that training writes");

constexpr std::size_t kStored = Training::Params::bytes / sizeof(float);
// A token may be a document.
constexpr std::size_t kSegmentBytes = P::value.rows() * sizeof(Segment);
constexpr std::size_t kRopeFloats = P::value.position == Position::rope ? P::value.seq_len * P::value.head_dim() : 0;

// ---- the parameter table

ParamTable make_param_table() {
  ParamTable table;
  append_param_rows<Training>(table.rows, "");
  table.stored = kStored;
  return table;
}

// ---- the arena

enum Part {
  kParameters, kGradients, kStepSums, kFirstMoments, kSecondMoments, kPacks, kSaved, kScratch, kRope, kDocuments,
  kGeneration, kThreads, kParts
};
constexpr std::array<std::string_view, kParts> kPartNames{
    "parameters", "gradients", "sums of a step", "first moments", "second moments", "packed weights",
    "saved activations", "scratch", "rope table", "documents", "generation", "thread scratch"};

template <class T = Training>
constexpr std::array<std::size_t, kParts> part_bytes(std::size_t threads) {
  return {T::Params::bytes, T::Params::bytes, T::StepSums::bytes, T::Params::bytes, T::Params::bytes,
          T::Packs::bytes, T::Saved::bytes, std::max(T::Scratch::bytes, Single::Scratch::bytes),
          kRopeFloats * sizeof(float),
          kSegmentBytes + (P::value.batch_size + 1) * sizeof(std::uint32_t),
          Generating::Saved::bytes + Generating::Scratch::bytes,
          threads * round_up(T::thread_scratch_bytes, kAlignment)};
}

constexpr std::size_t sum_of(const std::array<std::size_t, kParts>& sizes, std::size_t count = kParts) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += round_up(sizes[i], kAlignment);
  return sum;
}

// The sizes under any policy are values of types: only the preset's own has code.
template <Recompute kPolicy>
ModelPlan::Policy policy_of(std::size_t threads) {
  using T = Transformer<WithRecompute<P, kPolicy>>;
  const auto sizes = part_bytes<T>(threads);
  return {kPolicy, sum_of(sizes), sizes[kSaved],
          static_cast<double>(T::flops.again) / (3.0 * static_cast<double>(T::flops.forward))};
}

ModelPlan plan_for(std::size_t threads) {
  const auto sizes = part_bytes(threads);
  constexpr double kStepFlops = 3.0 * static_cast<double>(Training::flops.forward);
  ModelPlan plan{{}, sum_of(sizes), kStepFlops / static_cast<double>(P::value.rows()),
                 {policy_of<Recompute::none>(threads), policy_of<Recompute::branches>(threads),
                  policy_of<Recompute::block>(threads)}};
  for (std::size_t i = 0; i < kParts; ++i)
    if (sizes[i] != 0) plan.parts.push_back({kPartNames[i], round_up(sizes[i], kAlignment)});
  return plan;
}

// Cosines and sines of position * theta^(-2i / D), i < D / 2, for each position (Su et al. 2021, section 3.2.2).
[[maybe_unused]] void fill_rope(float* table) {
  constexpr std::size_t kDim = P::value.head_dim();
  for (std::size_t t = 0; t < P::value.seq_len; ++t) {
    for (std::size_t i = 0; i < kDim / 2; ++i) {
      const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(kDim);
      const double angle = static_cast<double>(t) * std::pow(P::value.rope_theta, exponent);
      table[t * kDim + i] = static_cast<float>(std::cos(angle));
      table[t * kDim + kDim / 2 + i] = static_cast<float>(std::sin(angle));
    }
  }
}

std::uint32_t dropout_key(DropoutKey key) {
  return static_cast<std::uint32_t>(Random{key.seed, 0x64726F70}.bits(key.step));
}

// Adds to what is there, so that all losses of a step are added one after another.
void add_losses(Loss& loss, std::span<const float> losses, std::span<const Token> targets) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (targets[i] == kIgnoredToken) continue;
    loss.sum += losses[i];
    ++loss.tokens;
  }
}

// What kernels rely on and a caller can get wrong: they read and write where an id says.
void check_id(Token id, const char* where) {
  if (id < P::value.vocab_size) return;
  if (id == kIgnoredToken) throw Error(Fault::run, "only targets may be ignored", where, "pad with any token");
  throw Error(Fault::run, "token " + std::to_string(id) + " is outside the vocabulary of " +
                              std::to_string(P::value.vocab_size), where, "use the tokenizer the model was made for");
}

void check_batch(TokenBatch batch) {
  if (batch.inputs.size() != P::value.rows() || batch.targets.size() != P::value.rows())
    throw Error(Fault::run, "a batch must hold batch_size * seq_len inputs and as many targets", "Model",
                "make it with the preset's sizes");
  for (Token id : batch.inputs) check_id(id, "inputs of a batch");
  for (Token id : batch.targets)
    if (id != kIgnoredToken) check_id(id, "targets of a batch");
}

// Writes a batch's documents as the segments of each sequence.
void lay_out_segments(std::span<const std::uint32_t> documents, Segment* segments, std::uint32_t* first_segment) {
  const auto fail = [](const char* what) {
    throw Error(Fault::run, what, "documents of a batch", "cut sequences into whole documents that fill them");
  };
  std::size_t row = 0;
  std::uint32_t count = 0;
  for (const std::uint32_t length : documents) {
    const std::size_t begin = row % P::value.seq_len;
    if (length == 0 || begin + length > P::value.seq_len || row == P::value.rows())
      fail("a document must have a token and end within its sequence");
    if (begin == 0) first_segment[row / P::value.seq_len] = count;
    segments[count++] = {begin, length};
    row += length;
  }
  if (row != P::value.rows()) fail("documents must fill the batch");
  first_segment[P::value.batch_size] = count;
}

// ---- generation

class ActiveDecoder final : public Decoder {
 public:
  ActiveDecoder(Context<P> ctx, const Frame<Training>& trained, std::byte* memory)
      : ctx_(ctx),
        frame_{trained.params, trained.packs, trained.grads, memory, memory + Generating::Saved::bytes, 0} {
    ctx_.training = false;
  }

  void reset() override { ctx_.position = 0; }
  std::size_t position() const override { return ctx_.position; }

  std::span<const float> next(Token token) override {
    if (ctx_.position == P::value.seq_len)
      throw Error(Fault::run, "the decoder's context is full", "Decoder::next", "reset it first");
    check_id(token, "Decoder::next");
    const auto features = Generating::features(ctx_, frame_, {&token});
    const auto logits = Generating::Head::logits(ctx_, Generating::head(frame_), features);
    ++ctx_.position;
    return logits.span().template first<P::value.vocab_size>();
  }

 private:
  Context<P> ctx_;
  Frame<Generating> frame_;
};

// ---- the model

class ActiveModel final : public Model {
 public:
  ActiveModel(ThreadPool& pool, const std::string& target)
      : target_(target),
        table_(make_param_table()),
        plan_(plan_for(pool.threads())),
        sizes_(part_bytes(pool.threads())),
        arena_(sum_of(sizes_)),
        ctx_{.kernels = &kernels_for<P>(target_),
             .pool = &pool,
             .thread_scratch = at<std::byte>(kThreads),
             .thread_scratch_bytes = round_up(Training::thread_scratch_bytes, kAlignment),
             .rope = at<float>(kRope)},
        frame_{at<float>(kParameters), at<std::byte>(kPacks), at<float>(kGradients), at<std::byte>(kSaved),
               at<std::byte>(kScratch), 0} {
    if constexpr (kRopeFloats != 0) fill_rope(at<float>(kRope));
  }

  const Preset& preset() const override { return P::value; }
  const ParamTable& param_table() const override { return table_; }
  const ModelPlan& plan() const override { return plan_; }
  std::string_view target() const override { return target_; }

  std::span<float> parameters() override { return {at<float>(kParameters), kStored}; }
  std::span<float> gradients() override { return {at<float>(kGradients), kStored}; }
  std::span<float> first_moments() override { return {at<float>(kFirstMoments), kStored}; }
  std::span<float> second_moments() override { return {at<float>(kSecondMoments), kStored}; }

  void initialise(std::uint64_t seed) override {
    constexpr double kStd = 0.02;
    const double residual = kStd / std::sqrt(2.0 * static_cast<double>(P::value.n_layers));
    for (std::size_t r = 0; r < table_.rows.size(); ++r) {
      const ParamRow& row = table_.rows[r];
      const auto all = parameters().subspan(row.offset, row.stored);
      std::fill(all.begin(), all.end(), row.init == Init::ones ? 1.0f : 0.0f);
      if (row.init != Init::normal && row.init != Init::residual) continue;
      const Random random{seed, (std::uint64_t{0x696E6974} << 32) + r};  // "init"
      const double scale = row.init == Init::residual ? residual : kStd;
      const auto values = row.in(parameters());
      constexpr std::size_t kChunk = 65536;
      ctx_.pool->run(ceil_div(values.size(), kChunk), [&](std::size_t task, std::size_t) {
        const Range chunk = block(task, kChunk, values.size());
        for (std::size_t i = chunk.begin; i < chunk.end; ++i)
          values[i] = static_cast<float>(scale * random.normal(i));
      });
    }
    parameters_changed();
  }

  void parameters_changed() override {
    observer_ ? observed_pack(ctx_, frame_, *observer_) : Training::pack(ctx_, frame_);
  }

  Loss forward_backward(TokenBatch batch, float scale, DropoutKey key, const StepPart& part) override {
    Context<P> ctx = training_context(batch, key);
    ctx.sequence = part.index * P::value.batch_size;
    if (part.index == 0) begin_step();
    const Training::Ids ids{batch.inputs.data()};
    const Training::Targets targets{batch.targets.data()};
    std::byte* sums = at<std::byte>(kStepSums);
    const auto losses =
        observer_ ? observed_forward_backward(ctx, frame_, sums, ids, targets, scale, part.options, *observer_)
                  : Training::forward_backward(ctx, frame_, sums, ids, targets, scale, part.options);
    add_losses(step_loss_, losses.span(), batch.targets);
    if (part.index + 1 == part.count) end_step(ctx);
    return step_loss_;
  }

  Loss forward_backward_by_sequence(TokenBatch batch, float scale, DropoutKey key) override {
    Context<P> ctx = training_context(batch, key);
    const Frame<Single> frame{frame_.params, frame_.packs, frame_.grads, frame_.saved, frame_.scratch, frame_.stream};
    begin_step();
    for (std::size_t row = 0; row < P::value.rows(); row += kSingleRows) {
      const auto targets = batch.targets.subspan(row, kSingleRows);
      const auto losses = Single::forward_backward(ctx, frame, at<std::byte>(kStepSums), {batch.inputs.data() + row},
                                                   {targets.data()}, scale, {});
      add_losses(step_loss_, losses.span(), targets);
      constexpr std::size_t kSequences = kSingleRows / P::value.seq_len;
      ctx.sequence += kSequences;
      if (ctx.first_segment != nullptr) ctx.first_segment += kSequences;
    }
    end_step(ctx);
    return step_loss_;
  }

  Loss loss(TokenBatch batch) override {
    Loss loss;
    add_losses(loss, losses(batch), batch.targets);
    return loss;
  }

  std::span<const float> losses(TokenBatch batch) override {
    const Context<P> ctx = context_for(batch);
    const Training::Ids ids{batch.inputs.data()};
    const Training::Targets targets{batch.targets.data()};
    const auto losses = observer_ ? observed_losses(ctx, frame_, ids, targets, *observer_)
                                  : Training::losses(ctx, frame_, ids, targets);
    return losses.span();
  }

  void set_observer(LayerObserver* observer) override { observer_ = observer; }

  std::unique_ptr<Decoder> make_decoder() override {
    return std::make_unique<ActiveDecoder>(ctx_, frame_, at<std::byte>(kGeneration));
  }

 private:
  // What a step left that was given up between two micro-batches is dropped.
  void begin_step() {
    if (in_step_) std::fill_n(at<std::byte>(kStepSums), sizes_[kStepSums], std::byte{});
    in_step_ = true;
    step_loss_ = {};
  }
  void end_step(const Context<P>& ctx) {
    Training::end_step(ctx, frame_, at<std::byte>(kStepSums));
    in_step_ = false;
  }

  // The context of a call on a batch, which is checked.
  Context<P> context_for(TokenBatch batch) {
    check_batch(batch);
    Context<P> ctx = ctx_;
    if (!batch.documents.empty()) {
      Segment* segments = at<Segment>(kDocuments);
      auto* first_segment = reinterpret_cast<std::uint32_t*>(segments + P::value.rows());
      lay_out_segments(batch.documents, segments, first_segment);
      ctx.segments = segments;
      ctx.first_segment = first_segment;
    }
    return ctx;
  }

  Context<P> training_context(TokenBatch batch, DropoutKey key) {
    Context<P> ctx = context_for(batch);
    ctx.training = true;
    ctx.dropout_key = dropout_key(key);
    return ctx;
  }

  template <class T>
  T* at(Part part) const {
    return arena_.at<T>(sum_of(sizes_, part));
  }

  std::string target_;
  ParamTable table_;
  ModelPlan plan_;
  std::array<std::size_t, kParts> sizes_;
  Arena arena_;
  Context<P> ctx_;
  Frame<Training> frame_;
  LayerObserver* observer_ = nullptr;
  bool in_step_ = false;
  Loss step_loss_;
};

}  // namespace

const Preset& active_preset() { return P::value; }

ParamTable model_param_table() { return make_param_table(); }

ModelPlan model_plan(std::size_t threads) { return plan_for(threads == 0 ? available_cpus() : threads); }

std::unique_ptr<Model> make_model(ThreadPool& pool, std::string_view target) {
  return std::make_unique<ActiveModel>(pool, choose_target(target));
}

}  // namespace diecast
