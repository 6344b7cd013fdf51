#include <diecast/train/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/random.hpp>
#include <diecast/kernels/dispatch.hpp>

#include "tests/train/update_reference.hpp"

namespace diecast {
namespace {

using testing::DrawnArrays;
using testing::ReferenceOptimizer;

// Float steps against a double loop: each element takes about ten roundings of 6e-8 a step.
constexpr double kUpdateTolerance = 5e-6;
// Newton-Schulz amplifies the roundings of five steps of products; directions have elements of about 0.1.
constexpr double kMuonTolerance = 1e-4;

constexpr UpdateRule kRules[] = {UpdateRule::adamw, UpdateRule::muon, UpdateRule::lion, UpdateRule::sgd};

// A matrix of several chunks, the last one short, and a bias, whose end is padding.
ParamTable two_rows() {
  constexpr std::size_t kMatrix = 2 * Optimizer::kChunk + 100;
  return {.rows = {{"w", {kMatrix}, 0, kMatrix, true, Init::normal}, {"b", {30}, kMatrix, 64, false, Init::zeros}},
          .stored = kMatrix + 64};
}

// What a model has: an embedding with padding, a norm, fused projections (two heads of 24 for the queries, one for
// keys and values), and matrices of odd extents, wide and tall, one of them too large for a thread alone.
ParamTable small_model() {
  ParamTable table;
  const auto add = [&](const char* name, std::vector<std::size_t> shape, std::size_t padding, bool decays) {
    ParamRow row{name, std::move(shape), table.stored, 0, decays, Init::normal};
    row.stored = row.size() + padding;
    table.stored += row.stored;
    table.rows.push_back(std::move(row));
  };
  add("embedding.tokens", {37, 48}, 144, true);
  add("blocks.0.attention.norm.weight", {48}, 0, false);
  add("blocks.0.attention.qkv.weight", {96, 48}, 0, true);
  add("blocks.0.attention.output.weight", {48, 48}, 0, true);
  add("blocks.0.mlp.gate_up.weight", {2 * 75, 48}, 0, true);
  add("blocks.0.mlp.down.weight", {48, 75}, 0, true);
  add("blocks.0.mlp.down.bias", {48}, 16, false);
  add("blocks.1.mlp.up.weight", {2200, 31}, 0, true);
  add("final_norm.weight", {48}, 0, false);
  return table;
}

std::unique_ptr<Optimizer> make(DrawnArrays& arrays, const OptimizerSettings& settings, ThreadPool& pool,
                                std::string_view target = {}) {
  return make_optimizer(arrays.table, arrays.spans(), settings, pool, span_ops(target));
}

double worst_difference(const std::vector<float>& ours, const std::vector<double>& theirs) {
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) worst = std::max(worst, std::abs(ours[i] - theirs[i]));
  return worst;
}

void check_against_reference(const ParamTable& table, const OptimizerSettings& settings, std::string_view target) {
  DrawnArrays arrays(table);
  arrays.keep_means();
  ReferenceOptimizer reference(settings, arrays);
  ThreadPool pool(2, Waiting::block);
  const auto optimizer = make(arrays, settings, pool, target);
  for (std::uint64_t t = 1; t <= 5; ++t) {
    arrays.draw_gradients(t);
    reference.step(t, 1e-2, arrays.gradients);
    optimizer->update(t, 1e-2, optimizer->gradient_norm());
    REQUIRE(optimizer->gradient_norm() == 0);
  }
  const double tolerance = settings.rule == UpdateRule::muon ? kMuonTolerance : kUpdateTolerance;
  CHECK(worst_difference(arrays.parameters, reference.p) < tolerance);
  CHECK(worst_difference(arrays.means, reference.means) < tolerance);
}

std::vector<float> parameters_after_steps(UpdateRule rule, std::size_t threads) {
  const ParamTable table = small_model();
  DrawnArrays arrays(table);
  ThreadPool pool(threads, Waiting::block);
  const auto optimizer = make(arrays, {.rule = rule, .gradient_noise = 1e-4}, pool);
  for (std::uint64_t t = 1; t <= 3; ++t) {
    arrays.draw_gradients(t);
    optimizer->add_noise(t - 1);
    optimizer->update(t, 1e-2, optimizer->gradient_norm());
  }
  return arrays.parameters;
}

TEST_CASE("every update rule agrees with its paper's formulas in double, on every target") {
  for (const UpdateRule rule : kRules)
    for (const std::string& target : kernel_targets()) {
      CAPTURE(static_cast<int>(rule));
      CAPTURE(target);
      check_against_reference(small_model(), {.rule = rule, .momentum = 0.9, .grad_clip = 0.5, .mean_decay = 0.2},
                              target);
    }
}

TEST_CASE("rows of several chunks agree with the formulas too, clipped or not") {
  for (const UpdateRule rule : kRules) {
    CAPTURE(static_cast<int>(rule));
    check_against_reference(two_rows(), {.rule = rule, .grad_clip = 0}, {});  // the matrix is none of a block's
    check_against_reference(two_rows(), {.rule = rule, .grad_clip = 0.5, .mean_decay = 0.999}, {});
  }
}

TEST_CASE("lion and sgd leave the second moments alone, muon those of the blocks' matrices") {
  for (const UpdateRule rule : {UpdateRule::muon, UpdateRule::lion, UpdateRule::sgd}) {
    const ParamTable table = small_model();
    DrawnArrays arrays(table);
    ThreadPool pool(1, Waiting::block);
    const auto optimizer = make(arrays, {.rule = rule}, pool);
    arrays.draw_gradients(1);
    optimizer->update(1, 1e-2, optimizer->gradient_norm());
    for (const ParamRow& row : table.rows) {
      const auto v = row.in(std::span(arrays.v));
      const bool is_adamw = rule == UpdateRule::muon && (row.shape.size() == 1 || row.name == "embedding.tokens");
      CAPTURE(row.name);
      CHECK(std::ranges::any_of(v, [](float x) { return x != 0; }) == is_adamw);
    }
  }
}

TEST_CASE("no rule moves padding, noise or not") {
  for (const UpdateRule rule : kRules) {
    const ParamTable table = small_model();
    DrawnArrays arrays(table);
    ThreadPool pool(1, Waiting::block);
    const auto optimizer = make(arrays, {.rule = rule, .gradient_noise = 1}, pool);
    optimizer->add_noise(0);
    optimizer->update(1, 1e-2, optimizer->gradient_norm());
    for (const ParamRow& row : table.rows)
      for (std::size_t i = row.offset + row.size(); i < row.offset + row.stored; ++i)
        REQUIRE((arrays.parameters[i] == 0 && arrays.m[i] == 0 && arrays.v[i] == 0));
  }
}

TEST_CASE("weight decay shrinks matrices and nothing else") {
  for (const UpdateRule rule : kRules) {
    const ParamTable table = small_model();
    DrawnArrays arrays(table);
    const std::vector<float> before = arrays.parameters;
    ThreadPool pool(1, Waiting::block);
    make(arrays, {.rule = rule, .weight_decay = 0.5}, pool)->update(1, 0.1, 0.0);
    for (const ParamRow& row : table.rows)
      for (std::size_t i = row.offset; i < row.offset + row.size(); ++i)
        REQUIRE(arrays.parameters[i] == doctest::Approx(before[i] * (row.decays ? 0.95f : 1.0f)));
  }
}

TEST_CASE("a group's rate and decay hold for what it matches first") {
  const std::vector<ParamGroup> groups{{"*.norm.*", 1, 0.5}, {"blocks.*", 0, 0.9}, {"blocks.0.mlp.*", 7, 0.9}};
  for (const UpdateRule rule : kRules) {
    const ParamTable table = small_model();
    DrawnArrays arrays(table);
    const std::vector<float> before = arrays.parameters;
    ThreadPool pool(1, Waiting::block);
    make(arrays, {.rule = rule, .weight_decay = 0.1, .groups = groups}, pool)->update(1, 0.1, 0.0);
    const auto factor = [](const std::string& name) {
      if (name == "embedding.tokens") return 0.99f;
      return name == "blocks.0.attention.norm.weight" ? 0.95f : 1.0f;  // final_norm. has no dot before norm
    };
    for (const ParamRow& row : table.rows)
      for (std::size_t i = row.offset; i < row.offset + row.size(); ++i)
        REQUIRE(arrays.parameters[i] == doctest::Approx(before[i] * factor(row.name)));
  }
}

TEST_CASE("a group's rate multiplies the step") {
  for (const UpdateRule rule : kRules) {
    const ParamTable table = small_model();
    DrawnArrays whole(table), half(table);
    const std::vector<float> before = whole.parameters;
    ThreadPool pool(1, Waiting::block);
    const auto one = make(whole, {.rule = rule, .weight_decay = 0}, pool);
    const auto other = make(half, {.rule = rule, .weight_decay = 0, .groups = {{"*down*", 0.5, {}}}}, pool);
    whole.draw_gradients(1);
    half.draw_gradients(1);
    one->update(1, 1e-2, 0);
    other->update(1, 1e-2, 0);
    for (const ParamRow& row : table.rows) {
      const float share = row.name.find("down") != std::string::npos ? 0.5f : 1.0f;
      for (std::size_t i = row.offset; i < row.offset + row.size(); ++i)
        REQUIRE(half.parameters[i] - before[i] ==
                doctest::Approx(share * (whole.parameters[i] - before[i])).epsilon(1e-3).scale(1e-2));
    }
  }
}

TEST_CASE("the gradient's norm covers every element once") {
  const ParamTable table = two_rows();
  DrawnArrays arrays(table);
  std::fill(arrays.gradients.begin(), arrays.gradients.end(), 2.0f);
  ThreadPool pool(2, Waiting::block);
  const auto optimizer = make(arrays, {}, pool);
  CHECK(optimizer->gradient_norm() == doctest::Approx(2 * std::sqrt(static_cast<double>(table.stored))));
  optimizer->zero_gradients();
  CHECK(optimizer->gradient_norm() == 0);
}

TEST_CASE("a loss scale is taken out of gradients, noise and norm, bit for bit") {
  for (const UpdateRule rule : kRules) {
    const ParamTable table = small_model();
    DrawnArrays plain(table), scaled(table);
    ThreadPool pool(2, Waiting::block);
    const OptimizerSettings settings{.rule = rule, .grad_clip = 0.5, .gradient_noise = 1e-4};
    const auto optimizer = make(plain, settings, pool), scaled_optimizer = make(scaled, settings, pool);
    for (const float scale : {32768.0f, 16384.0f}) {
      plain.draw_gradients(3);
      scaled.gradients = plain.gradients;
      for (float& gradient : scaled.gradients) gradient *= scale;
      optimizer->add_noise(2);
      scaled_optimizer->add_noise(2, scale);
      const double norm = optimizer->gradient_norm(), unscaled_norm = scaled_optimizer->gradient_norm(scale);
      CHECK(unscaled_norm == norm);
      optimizer->update(1, 1e-2, norm);
      scaled_optimizer->update(1, 1e-2, unscaled_norm, scale);
      CHECK(scaled.parameters == plain.parameters);
      CHECK(scaled.m == plain.m);
      CHECK(scaled.v == plain.v);
    }
  }
}

TEST_CASE("noise has the variance that falls with the steps, and is another at each") {
  constexpr std::size_t kMany = 300'000;
  const ParamTable table{.rows = {{"w", {kMany}, 0, kMany, true, Init::normal}}, .stored = kMany};
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    ThreadPool pool(1, Waiting::block);
    std::vector<std::vector<float>> noises;
    for (const std::uint64_t step : {0, 1, 99}) {
      DrawnArrays arrays(table);
      make(arrays, {.gradient_noise = 0.3, .seed = 7}, pool, target)->add_noise(step);
      double sum = 0, squares = 0, fourths = 0;
      for (const double x : arrays.gradients) {
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
      }
      const double variance = 0.3 / std::pow(1 + static_cast<double>(step), 0.55);
      // Five deviations of each mean.
      CHECK(std::abs(sum / kMany) < 5 * std::sqrt(variance / kMany));
      CHECK(std::abs(squares / kMany / variance - 1) < 5 * std::sqrt(2.0 / kMany));
      CHECK(std::abs(fourths / kMany / (3 * variance * variance) - 1) < 5 * std::sqrt(96.0 / 9 / kMany));
      noises.push_back(arrays.gradients);
    }
    double together = 0;
    for (std::size_t i = 0; i < kMany; ++i) together += double{noises[0][i]} * noises[1][i];
    CHECK(std::abs(together / kMany) < 5 * 0.3 / std::sqrt(double{kMany}));
  }
}

TEST_CASE("every update rule gives the same bits for any number of threads") {
  for (const UpdateRule rule : kRules) {
    const std::vector<float> one = parameters_after_steps(rule, 1);
    CHECK(parameters_after_steps(rule, 2) == one);
    CHECK(parameters_after_steps(rule, 3) == one);
  }
}

}  // namespace
}  // namespace diecast
