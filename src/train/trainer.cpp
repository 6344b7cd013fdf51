#include <diecast/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <diecast/kernels/span_ops.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/train/means_in_place.hpp>

#include "train/diverge.hpp"

namespace diecast {
namespace {

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// More are shown as so many: a count that fits into an integer.
constexpr double kMostSteps = 1e15;

TrainedArrays arrays_of(Model& model) {
  return {model.parameters(), model.gradients(), model.first_moments(), model.second_moments(),
          model.means()};
}

}  // namespace

Trainer::Trainer(TrainerParts parts)
    : parts_(std::move(parts)),
      optimizer_(make_optimizer(parts_.model.param_table(), arrays_of(parts_.model), parts_.plan.optimizer,
                                parts_.pool, span_ops(parts_.model.target()))),
      loss_scale_(parts_.model.preset().precision),
      checkpoints_(parts_.config.checkpoint, parts_.checkpoints, parts_.save_asked, parts_.log) {}

TrainEnd Trainer::run(const TrainState& start) {
  begin_at(start);
  earlier_seconds_ = start.wall_seconds;
  began_ = Clock::now();
  if (optimizer_->scratch_bytes() > 0)
    parts_.log.info(fmt::format("the optimizer takes {} beyond the plan", readable_bytes(optimizer_->scratch_bytes())));
  bool over = is_over();
  if (!over && (start.owes_evaluation || start.owes_samples)) {
    do_what_is_due({.evaluation = start.owes_evaluation, .samples = start.owes_samples});
    over = is_over();
  }
  for (Step step{}; !over && (step = take_step()) != Step::interrupted;) {
    over = is_over();  // once a step: time passes
    if (!over && step == Step::made) {
      do_what_is_due({.evaluation = is_due(parts_.config.eval.every_steps),
                      .line = is_due(parts_.config.log.every_steps),
                      .samples = is_due(parts_.config.sample.every_steps)});
      over = parts_.plan.improvement.ends(state_.improvement);
    }
    show_progress();
  }
  const std::optional<Evaluation> evaluation = over ? finish() : std::nullopt;
  if (checkpoints_.last_is_due(state_.step, is_best_)) {
    prepare_to_save();
    checkpoints_.save_last(state_, is_best_);
  }
  return {.state = state_,
          .signal = parts_.stop,
          .reason = reason(),
          .loss = loss_,
          .tok_per_s = static_cast<double>(session_.tokens) / session_.seconds,
          .evaluation = evaluation};
}

std::string_view Trainer::reason() const {
  if (state_.step >= parts_.plan.last_step) return parts_.plan.last_step_reason;
  return parts_.plan.improvement.ends(state_.improvement) ? "eval.patience" : "train.max_minutes";
}

// Whatever came before, the next step is the one after `state`.
void Trainer::begin_at(const TrainState& state) {
  state_ = state;
  state_.owes_evaluation = state_.owes_samples = false;
  loss_scale_ = LossScale(parts_.model.preset().precision, state.loss_scale);
  checkpoints_.start(state.step > 0 ? std::optional(state.step) : std::nullopt);
  is_best_ = false;
  if (state.step == 0) parts_.model.restart_means();
  optimizer_->zero_gradients();
  const DataSection& data = parts_.config.data;
  prefetcher_.emplace(parts_.batches, state.micro_steps, data.prefetch_batches.value, data.workers.value);
  line_ = {};
}

// Between two steps. Files that cannot be written are tried again at the next interval. The checkpoint comes last:
// while it is read, the parameters must stay what they are.
void Trainer::do_what_is_due(const Due& due) {
  const auto evaluation = due.evaluation ? evaluate(false) : std::nullopt;
  count(evaluation);
  state_.owes_evaluation = due.evaluation && !evaluation && parts_.stop != 0;
  // An owed evaluation that is interrupted again adds nothing to the line there is.
  if (evaluation || (line_.steps > 0 && (due.line || state_.owes_evaluation))) write_metrics(evaluation);
  if (due.samples) {
    const MeansInPlace means(parts_.model);
    parts_.sample(state_.step);
  }
  state_.owes_samples = due.samples && parts_.stop != 0;
  if (!checkpoints_.is_due(state_.step, is_best_)) return;
  prepare_to_save();
  checkpoints_.save(state_, is_best_);
}

// The evaluation and the line of the last step. A resumed run may have taken it in an earlier session.
std::optional<Evaluation> Trainer::finish() {
  checkpoints_.wait_until_read();  // an evaluation puts the moving means in the parameters' place
  // What is compared with earlier evaluations must be as large as they were.
  const bool by_part = parts_.config.eval.max_batches > 0;
  if (by_part) count(evaluate(false));
  const auto evaluation = parts_.stop == 0 ? evaluate(true) : std::nullopt;
  if (!by_part) count(evaluation);
  if (evaluation || line_.steps > 0) write_metrics(evaluation);
  return evaluation;
}

// One optimizer step. Interrupted, and nothing changed, when a signal came before its last micro-step.
Trainer::Step Trainer::take_step() {
  const ProfiledPart step(parts_.profiler, "step");
  const auto start = Clock::now();
  const std::uint64_t micro_batches = parts_.plan.micro_batches;
  const float scale = loss_factor();
  Loss loss;
  double wait_seconds = 0;
  for (std::uint64_t i = 0; i < micro_batches; ++i) {
    if (parts_.stop != 0) return Step::interrupted;
    const auto asked = Clock::now();
    const Batch& batch = next_batch();
    wait_seconds += seconds_between(asked, Clock::now());
    loss = parts_.model.forward_backward(batch.view(), scale, {.seed = parts_.config.run.seed, .step = state_.step},
                                         {.index = i, .count = micro_batches, .options = parts_.plan.loss});
  }
  loss_ = loss.mean();
  check_finite(loss_, "loss", state_.step + 1);
  checkpoints_.wait_until_read();
  is_best_ = false;
  if (update() == Step::rewound) return Step::rewound;

  ++state_.step;
  state_.micro_steps += micro_batches;
  state_.tokens += loss.tokens;
  const double seconds = seconds_between(start, Clock::now());
  for (Span* span : {&line_, &session_}) {
    span->seconds += seconds;
    span->wait_seconds += wait_seconds;
    span->tokens += loss.tokens;
    ++span->steps;
  }
  usual_step_seconds_ = usual_step_seconds_ == 0 ? seconds : 0.9 * usual_step_seconds_ + 0.1 * seconds;
  return Step::made;
}

// What the losses of the next step are multiplied by: the loss scale over its targets, before its first gradient.
float Trainer::loss_factor() const {
  std::uint64_t targets = 0;
  for (std::uint64_t i = 0; i < parts_.plan.micro_batches; ++i)
    targets += parts_.batches.targets(state_.micro_steps + i);
  return static_cast<float>(loss_scale_.value()) / static_cast<float>(targets);
}

const Batch& Trainer::next_batch() {
  const ProfiledPart part(parts_.profiler, "data wait");
  return prefetcher_->next();
}

// The optimizer's part of a step. One that is skipped is none of AdamW's, whose bias corrections count its own.
Trainer::Step Trainer::update() {
  const ProfiledPart part(parts_.profiler, "optimizer");
  lr_ = parts_.plan.schedule.at(state_.step, state_.improvement.falls);
  optimizer_->add_noise(state_.step, loss_scale_.value());
  grad_norm_ = optimizer_->gradient_norm(loss_scale_.value());
  if (loss_scale_.skips(grad_norm_)) {
    loss_scale_.step_skipped();
    optimizer_->zero_gradients();
    parts_.log.detail(fmt::format("step {}: skipped, the gradient overflowed; the loss scale is now {}",
                                  state_.step + 1, loss_scale_.value()));
  } else {
    check_finite(grad_norm_, "gradient", state_.step + 1);
    if (const auto spike = parts_.plan.spike.find(state_.spike, loss_, grad_norm_)) return react_to(*spike);
    parts_.plan.spike.remember(state_.spike, loss_, grad_norm_);
    const std::uint64_t skipped = loss_scale_.skipped_steps() + state_.spike.skipped_steps;
    optimizer_->update(state_.step + 1 - skipped, lr_, grad_norm_, loss_scale_.value());
    loss_scale_.step_made();
    const ProfiledPart packing(parts_.profiler, "packing");
    parts_.model.parameters_changed();
  }
  state_.loss_scale = loss_scale_.state();
  return Step::made;
}

// Instead of an update with a gradient that is not to be trusted.
Trainer::Step Trainer::react_to(const SpikeRule::Spike& spike) {
  const std::string what = fmt::format("the {} is {:.4g}, {:.1f} deviations above its running mean of {:.4g}",
                                       spike.what, spike.value, spike.deviations, spike.mean);
  if (parts_.plan.spike.policy == SpikeRule::Policy::stop) end_at_spike(what);
  ++state_.spike.spikes;
  if (parts_.plan.spike.policy == SpikeRule::Policy::rewind) {
    rewind(what);
    return Step::rewound;
  }
  ++state_.spike.skipped_steps;
  optimizer_->zero_gradients();
  parts_.log.detail(fmt::format("step {}: skipped, {}", state_.step + 1, what));
  return Step::made;
}

void Trainer::rewind(const std::string& why) {
  SpikeState spike = state_.spike;
  const std::uint64_t number = state_.step + 1;
  spike.rewinds = number > spike.rewound_step ? 1 : spike.rewinds + 1;
  spike.rewound_step = std::max(spike.rewound_step, number);
  if (spike.rewinds > SpikeRule::kMostRewinds)
    end_at_spike(fmt::format("{}, after {} rewinds in a row", why, SpikeRule::kMostRewinds));
  const std::uint64_t next = state_.micro_steps + parts_.plan.micro_batches;
  checkpoints_.settle();
  TrainState back = parts_.restore();
  spike.loss = back.spike.loss;
  spike.grad_norm = back.spike.grad_norm;
  spike.skipped_steps = back.spike.skipped_steps;
  back.spike = spike;
  back.micro_steps = next;
  back.jumps.push_back({.step = back.step, .micro_steps = next});
  begin_at(back);
  parts_.log.warning(fmt::format("step {}: {}; the run goes on from step {} with the data behind it", number, why,
                                 back.step));
}

void Trainer::end_at_spike(const std::string& what) const {
  const std::uint64_t number = state_.step + 1;
  throw Error(Fault::diverged, what, fmt::format("step {}", number),
              fmt::format("see its documents with `{} data why {} --step {}`; checkpoints of earlier steps are intact",
                          parts_.model.preset().name, parts_.folder.string(), number));
}

bool Trainer::is_over() const {
  return state_.step >= parts_.plan.last_step || wall_seconds() >= parts_.plan.max_seconds ||
         parts_.plan.improvement.ends(state_.improvement);
}

bool Trainer::is_due(std::uint64_t every_steps) const {
  return every_steps > 0 && state_.step % every_steps == 0;
}

// ... and not taken yet.
bool Trainer::evaluation_is_due() const {
  return state_.step > 0 && is_due(parts_.config.eval.every_steps) && state_.improvement.step != state_.step;
}

std::optional<Evaluation> Trainer::evaluate(bool whole) {
  const std::size_t batches = whole ? 0 : parts_.config.eval.max_batches.value;
  const MeansInPlace means(parts_.model);
  const std::optional<Evaluation> evaluation = parts_.evaluator.run(batches, parts_.stop);
  if (evaluation && !std::isfinite(evaluation->loss)) end_diverged_evaluation(parts_, state_.step);
  if (evaluation) validation_loss_ = evaluation->loss;
  return evaluation;
}

void Trainer::count(const std::optional<Evaluation>& evaluation) {
  if (!evaluation) return;
  forget_lost_best();
  std::optional<double>& best = state_.best_validation_loss;
  is_best_ = !best || evaluation->loss < *best;
  if (is_best_) kept_best_ = std::exchange(best, evaluation->loss);
  if (!evaluation_is_due()) return;
  const std::uint64_t falls = state_.improvement.falls;
  parts_.plan.improvement.count(state_.improvement, state_.step, evaluation->loss);
  if (state_.improvement.falls > falls)
    parts_.log.detail(fmt::format("step {}: the learning rate falls to {}", state_.step,
                                  parts_.plan.schedule.at(state_.step, state_.improvement.falls)));
}

// What could not be saved as the best one is not to be surpassed.
void Trainer::forget_lost_best() {
  checkpoints_.settle();
  if (checkpoints_.take_lost_best()) state_.best_validation_loss = kept_best_;
}

// A model that has diverged must not take the place of a good checkpoint.
void Trainer::prepare_to_save() {
  forget_lost_best();
  const std::span<const float> parameters = parts_.model.parameters();
  const SpanOps& ops = span_ops(parts_.model.target());
  check_finite(ops.sum_of_squares(parameters.data(), parameters.size()), "norm of the parameters", state_.step);
  state_.wall_seconds = wall_seconds();
}

void Trainer::write_metrics(const std::optional<Evaluation>& evaluation) {
  const Metrics metrics = metrics_now(evaluation);
  const auto attempt = [&](const auto& write) {
    try {
      write();
    } catch (const Error& error) {
      if (!std::exchange(metrics_warned_, true))
        parts_.log.warning(fmt::format("{}; the run goes on and will try again", error.what()));
    }
  };
  attempt([&] { line_.steps > 0 ? parts_.metrics.write(metrics) : parts_.metrics.complete(metrics); });
  if (parts_.observe) attempt([&] { parts_.observe(metrics); });
  if (evaluation)
    parts_.log.detail(fmt::format("step {}: loss {:.4f}, validation loss {:.4f}, perplexity {:.2f}",
                                  state_.step, loss_, evaluation->loss, evaluation->perplexity));
  line_ = {};
}

// What this session has no step of, such as the loss, is not a number.
Metrics Trainer::metrics_now(const std::optional<Evaluation>& evaluation) const {
  const double step_seconds = line_.seconds / static_cast<double>(line_.steps);
  const double tok_per_s = static_cast<double>(line_.tokens) / line_.seconds;
  const bool measured = line_.steps > 0;
  return {.step = state_.step,
          .tokens = state_.tokens,
          .epoch = static_cast<double>(state_.micro_steps) / parts_.batches.batches_per_epoch(),
          .loss = loss_,
          .lr = lr_,
          .grad_norm = grad_norm_,
          .tok_per_s = tok_per_s,
          .mfu = measured ? share_of_peak(step_seconds) : std::nullopt,
          .step_ms = 1000 * step_seconds,
          .wall_s = wall_seconds(),
          .data_wait = line_.wait_seconds / line_.seconds,
          .padding = measured ? padding(line_) : std::nullopt,
          .loss_scale = state_.loss_scale,
          .spikes = parts_.plan.spike.policy == SpikeRule::Policy::off ? std::nullopt
                                                                       : std::optional(state_.spike.spikes),
          .evaluation = evaluation};
}

void Trainer::show_progress() {
  const TrainPlan& plan = parts_.plan;
  const double step_seconds = std::max(usual_step_seconds_, 1e-9);
  // Steps that are left by count and by time; a run limited by time alone has an estimated last step.
  const double by_count =
      plan.last_step == TrainPlan::kNever ? HUGE_VAL : static_cast<double>(plan.last_step - state_.step);
  const double by_time = std::max(0.0, plan.max_seconds - wall_seconds()) / step_seconds;
  const double steps_left = std::min({by_count, by_time, kMostSteps});
  parts_.log.progress({.step = state_.step,
                       .total_steps = state_.step + static_cast<std::uint64_t>(std::llround(steps_left)),
                       .loss = loss_,
                       .tok_per_s = plan.tokens_per_step / step_seconds,
                       .batch = parts_.model.preset().batch_size * plan.micro_batches,
                       .share_of_peak = share_of_peak(step_seconds),
                       .eta_seconds = steps_left * step_seconds,
                       .val_loss = validation_loss_,
                       .data_wait = session_.wait_seconds / session_.seconds,
                       .padding = padding(session_)});
}

void Trainer::check_finite(double value, std::string_view what, std::uint64_t step) {
  if (!std::isfinite(value)) end_diverged(parts_, {what, step, state_.micro_steps, state_.step, loss_factor()});
}

// Of all positions, which are computed whether a token is in them or not.
std::optional<double> Trainer::share_of_peak(double step_seconds) const {
  if (!parts_.peak_flops) return {};
  const auto positions = static_cast<double>(parts_.model.preset().rows() * parts_.plan.micro_batches);
  return positions / step_seconds * parts_.model.plan().flops_per_token / *parts_.peak_flops;
}

std::optional<double> Trainer::padding(const Span& span) const {
  if (!parts_.batches.options().padded) return {};
  const std::uint64_t positions = span.steps * parts_.plan.micro_batches * parts_.model.preset().rows();
  return 1 - static_cast<double>(span.tokens) / static_cast<double>(positions);
}

double Trainer::wall_seconds() const { return earlier_seconds_ + seconds_between(began_, Clock::now()); }

}  // namespace diecast
