#include <diecast/train/train_plan.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace diecast {
namespace {

void limit_steps(TrainPlan& plan, const char* reason, double steps) {
  if (steps <= 0) return;
  // Quotients that are whole may come out a rounding above.
  const double whole = std::ceil(steps * (1 - 1e-12));
  if (whole >= static_cast<double>(plan.last_step)) return;
  plan.last_step = static_cast<std::uint64_t>(whole);
  plan.last_step_reason = reason;
}

// As `schedule.name` has them; read_run_config accepts no other.
constexpr std::pair<std::string_view, Schedule::Course> kCourses[] = {
    {"constant", Schedule::Course::constant},
    {"linear", Schedule::Course::linear},
    {"cosine", Schedule::Course::cosine},
    {"cosine_restarts", Schedule::Course::cosine_restarts},
    {"wsd", Schedule::Course::wsd},
    {"one_cycle", Schedule::Course::one_cycle},
    {"step", Schedule::Course::step},
    {"exponential", Schedule::Course::exponential},
    {"plateau", Schedule::Course::plateau},
};

Schedule::Course course_named(std::string_view name) {
  return std::ranges::find(kCourses, name, [](const auto& course) { return course.first; })->second;
}

// As `optimizer.name` has them.
constexpr std::pair<std::string_view, UpdateRule> kUpdateRules[] = {
    {"adamw", UpdateRule::adamw}, {"muon", UpdateRule::muon}, {"lion", UpdateRule::lion}, {"sgd", UpdateRule::sgd}};

OptimizerSettings make_optimizer_settings(const RunConfig& config) {
  const OptimizerSection& section = config.optimizer;
  const auto is_named = [&](const auto& rule) { return rule.first == section.name.value; };
  return {.rule = std::ranges::find_if(kUpdateRules, is_named)->second,
          .beta1 = section.beta1,
          .beta2 = section.beta2,
          .momentum = section.momentum,
          .eps = section.eps,
          .weight_decay = section.weight_decay,
          .grad_clip = section.grad_clip,
          .gradient_noise = section.gradient_noise,
          .mean_decay = section.ema_decay,
          .seed = config.run.seed,
          .groups = section.groups};
}

Schedule make_schedule(const RunConfig& config, const TrainPlan& plan) {
  const ScheduleSection& section = config.schedule;
  return {.course = course_named(section.name.value),
          .lr = config.optimizer.lr,
          .min_lr = section.min_lr,
          .warmup_steps = section.warmup_steps,
          .decay_steps = section.decay_steps > 0 ? section.decay_steps.value : plan.last_step,
          .decay_share = section.decay_share,
          .gamma = section.gamma,
          .every_steps = section.every_steps,
          .cycles = section.cycles};
}

// As `spike.policy` has them.
constexpr std::pair<std::string_view, SpikeRule::Policy> kSpikePolicies[] = {
    {"off", SpikeRule::Policy::off},
    {"skip", SpikeRule::Policy::skip},
    {"stop", SpikeRule::Policy::stop},
    {"rewind", SpikeRule::Policy::rewind},
};

SpikeRule make_spike_rule(const SpikeSection& section) {
  const auto found = std::ranges::find(kSpikePolicies, section.policy.value, [](const auto& p) { return p.first; });
  return {.policy = found->second, .z_score = section.z_score, .window = section.window};
}

ImprovementRule make_improvement_rule(const RunConfig& config) {
  const bool plateau = config.schedule.name.value == "plateau";
  return {.min_improvement = config.eval.min_improvement,
          .patience = config.eval.patience,
          .fall_patience = plateau ? config.schedule.patience.value : 0,
          .first_fall_step = config.schedule.warmup_steps};
}

}  // namespace

TrainPlan make_train_plan(const RunConfig& config, double batches_per_epoch, double targets_per_batch) {
  const TrainSection& train = config.train;
  TrainPlan plan;
  plan.micro_batches = train.micro_batches;
  plan.tokens_per_step = targets_per_batch * static_cast<double>(plan.micro_batches);
  const double micro_batches = static_cast<double>(plan.micro_batches);
  limit_steps(plan, "train.max_steps", static_cast<double>(train.max_steps));
  limit_steps(plan, "train.max_tokens",
              static_cast<double>(train.max_tokens) / plan.tokens_per_step);
  limit_steps(plan, "train.max_epochs", train.max_epochs * batches_per_epoch / micro_batches);
  if (train.max_minutes > 0) plan.max_seconds = 60 * train.max_minutes;
  plan.schedule = make_schedule(config, plan);
  plan.improvement = make_improvement_rule(config);
  plan.spike = make_spike_rule(config.spike);
  plan.optimizer = make_optimizer_settings(config);
  plan.loss = {.label_smoothing = static_cast<float>(train.label_smoothing),
               .z_loss = static_cast<float>(train.z_loss)};
  return plan;
}

}  // namespace diecast
