#include <diecast/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <diecast/kernels/span_ops.hpp>

namespace diecast {
namespace {

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// More are shown as so many: a count that fits into an integer.
constexpr double kMostSteps = 1e15;

TrainedArrays arrays_of(Model& model) {
  return {model.parameters(), model.gradients(), model.first_moments(), model.second_moments()};
}

}  // namespace

Trainer::Trainer(TrainerParts parts)
    : parts_(std::move(parts)),
      optimizer_(parts_.model.param_table(), arrays_of(parts_.model), parts_.plan.optimizer, parts_.pool,
                 span_ops(parts_.model.target())),
      loss_scale_(parts_.model.preset().precision),
      checkpoints_(parts_.config.checkpoint, parts_.checkpoints, parts_.save_asked, parts_.log) {}

TrainEnd Trainer::run(const TrainState& start) {
  state_ = start;
  loss_scale_ = LossScale(parts_.model.preset().precision, start.loss_scale);
  earlier_seconds_ = start.wall_seconds;
  state_.owes_evaluation = state_.owes_samples = false;
  optimizer_.zero_gradients();
  const DataSection& data = parts_.config.data;
  prefetcher_.emplace(parts_.batches, start.micro_steps, data.prefetch_batches.value, data.workers.value);
  began_ = Clock::now();
  checkpoints_.start(start.step > 0 ? std::optional(start.step) : std::nullopt);
  bool over = is_over();
  if (!over && (start.owes_evaluation || start.owes_samples))
    do_what_is_due({.evaluation = start.owes_evaluation, .samples = start.owes_samples});
  while (!over && take_step()) {
    over = is_over();  // once a step: time passes
    if (!over)
      do_what_is_due({.evaluation = is_due(parts_.config.eval.every_steps),
                      .line = is_due(parts_.config.log.every_steps),
                      .samples = is_due(parts_.config.sample.every_steps)});
    show_progress();
  }
  const std::optional<Evaluation> evaluation = over ? finish() : std::nullopt;
  if (checkpoints_.last_is_due(state_.step, is_best_)) {
    prepare_to_save();
    checkpoints_.save_last(state_, is_best_);
  }
  const bool all_steps = state_.step >= parts_.plan.last_step;
  return {.state = state_,
          .signal = parts_.stop,
          .reason = all_steps ? std::string_view(parts_.plan.last_step_reason) : "train.max_minutes",
          .evaluation = evaluation};
}

// Between two steps. Files that cannot be written are tried again at the next interval. The checkpoint comes last:
// while it is read, the parameters must stay what they are.
void Trainer::do_what_is_due(const Due& due) {
  const auto evaluation = due.evaluation ? evaluate(false) : std::nullopt;
  state_.owes_evaluation = due.evaluation && !evaluation && parts_.stop != 0;
  if (evaluation || due.line || state_.owes_evaluation) write_metrics(evaluation);
  if (due.samples) parts_.sample(state_.step);
  state_.owes_samples = due.samples && parts_.stop != 0;
  if (!checkpoints_.is_due(state_.step, is_best_)) return;
  prepare_to_save();
  checkpoints_.save(state_, is_best_);
}

// The evaluation and the line of the last step. A resumed run may have taken it in an earlier session.
std::optional<Evaluation> Trainer::finish() {
  const auto evaluation = parts_.stop == 0 ? evaluate(true) : std::nullopt;
  if (evaluation || line_.steps > 0) write_metrics(evaluation);
  return evaluation;
}

// One optimizer step. False, and nothing changed, when a signal came before its last micro-step.
bool Trainer::take_step() {
  const auto start = Clock::now();
  const std::uint64_t micro_batches = parts_.plan.micro_batches;
  std::uint64_t targets = 0;  // of the whole step, before its first gradient is scaled
  for (std::uint64_t i = 0; i < micro_batches; ++i) targets += parts_.batches.targets(state_.micro_steps + i);
  const float scale = static_cast<float>(loss_scale_.value()) / static_cast<float>(targets);
  Loss loss;
  double wait_seconds = 0;
  for (std::uint64_t i = 0; i < micro_batches; ++i) {
    if (parts_.stop != 0) return false;
    const std::uint64_t micro_step = state_.micro_steps + i;
    const auto asked = Clock::now();
    const Batch& batch = prefetcher_->next();
    wait_seconds += seconds_between(asked, Clock::now());
    const Loss part = parts_.model.forward_backward(batch.view(), scale,
                                                    {.seed = parts_.config.run.seed, .step = micro_step});
    loss.sum += part.sum;
    loss.tokens += part.tokens;
  }
  loss_ = loss.mean();
  check_finite(loss_, "loss", state_.step + 1);
  checkpoints_.wait_until_read();
  is_best_ = false;
  update();

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
  return true;
}

// The optimizer's part of a step. One that is skipped is none of AdamW's, whose bias corrections count its own.
void Trainer::update() {
  lr_ = parts_.plan.schedule.at(state_.step);
  grad_norm_ = optimizer_.gradient_norm(loss_scale_.value());
  if (loss_scale_.skips(grad_norm_)) {
    loss_scale_.step_skipped();
    optimizer_.zero_gradients();
    parts_.log.detail(fmt::format("step {}: skipped, the gradient overflowed; the loss scale is now {}",
                                  state_.step + 1, loss_scale_.value()));
  } else {
    check_finite(grad_norm_, "gradient", state_.step + 1);
    optimizer_.update(state_.step + 1 - loss_scale_.skipped_steps(), lr_, grad_norm_, loss_scale_.value());
    loss_scale_.step_made();
    parts_.model.parameters_changed();
  }
  state_.loss_scale = loss_scale_.state();
}

bool Trainer::is_over() const {
  return state_.step >= parts_.plan.last_step || wall_seconds() >= parts_.plan.max_seconds;
}

bool Trainer::is_due(std::uint64_t every_steps) const {
  return every_steps > 0 && state_.step % every_steps == 0;
}

std::optional<Evaluation> Trainer::evaluate(bool whole) {
  const std::size_t batches = whole ? 0 : parts_.config.eval.max_batches.value;
  const std::optional<Evaluation> evaluation = parts_.evaluator.run(batches, parts_.stop);
  if (evaluation) check_finite(evaluation->loss, "validation loss", state_.step);
  std::optional<double>& best = state_.best_validation_loss;
  is_best_ = evaluation && (!best || evaluation->loss < *best);
  if (is_best_) best = evaluation->loss;
  return evaluation;
}

// A model that has diverged must not take the place of a good checkpoint.
void Trainer::prepare_to_save() {
  const std::span<const float> parameters = parts_.model.parameters();
  const SpanOps& ops = span_ops(parts_.model.target());
  check_finite(ops.sum_of_squares(parameters.data(), parameters.size()), "norm of the parameters", state_.step);
  state_.wall_seconds = wall_seconds();
}

void Trainer::warn_once(bool& warned, const Error& error) {
  if (!std::exchange(warned, true))
    parts_.log.warning(fmt::format("{}; the run goes on and will try again", error.what()));
}

void Trainer::write_metrics(const std::optional<Evaluation>& evaluation) {
  const Metrics metrics = metrics_now(evaluation);
  try {
    line_.steps > 0 ? parts_.metrics.write(metrics) : parts_.metrics.complete(metrics);
  } catch (const Error& error) {
    warn_once(metrics_warned_, error);
  }
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
          .epoch = static_cast<double>(state_.micro_steps) /
                   static_cast<double>(parts_.batches.batches_per_epoch()),
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
                       .data_wait = session_.wait_seconds / session_.seconds,
                       .padding = padding(session_)});
}

void Trainer::check_finite(double value, std::string_view what, std::uint64_t step) const {
  if (!std::isfinite(value))
    throw Error(Fault::run, fmt::format("the {} is not finite", what),
                fmt::format("step {}", step),
                "lower optimizer.lr or optimizer.grad_clip; checkpoints of earlier steps are intact");
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
