#include <diecast/kernels/ablation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/kernel_list.hpp>

#include "bench/kernel_arguments.hpp"

namespace diecast {
namespace {

// Slow and fast must do the same, or their times say nothing: both run on the same operands, random and packed alike.

struct Subject {
  ThreadPool pool{1};
  Operands memory{pool};
  KernelList kernels;
  std::string target;

  explicit Subject(const std::string& name) : kernels(training_kernels(name)), target(name) {}
  AblationKernels plain(Element operands) const { return ablation_kernels(operands, target); }
};

template <class Check>
void on_every_subject(const Check& check) {
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    Subject subject(target);
    check(subject);
  }
}

std::vector<double> values_of(const void* data, Element element, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = element == Element::f32    ? static_cast<const float*>(data)[i]
                : element == Element::bf16 ? float{static_cast<const BFloat16*>(data)[i]}
                                           : float{static_cast<const Float16*>(data)[i]};
  return values;
}

void check_close(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::isfinite(got[i]) ? std::abs(got[i] - expected[i]) : HUGE_VAL);
    largest = std::max(largest, std::abs(expected[i]));
  }
  CHECK(largest > 0);
  CHECK(worst <= tolerance * largest);
}

TEST_CASE("a product with extents at run time is the static one, bit by bit") {
  on_every_subject([](Subject& subject) {
    if (subject.kernels.tiles != TileUnit::none) return;
    for (const auto& listed : subject.kernels.gemms) {
      const auto& shape = listed.shape;
      [[maybe_unused]] const auto& kernel = listed.kernel;
      if (shape.op != GemmOp::nn || shape.head || shape.result != Element::f32) continue;
      CAPTURE(shape.m);
      CAPTURE(shape.n);
      CAPTURE(shape.k);
      const GemmArgs args = arguments_for(shape, subject.memory);
      const std::size_t tasks = vector_gemm_grid(shape).tasks();
      for (std::size_t i = 0; i < tasks; ++i) kernel(args, i);
      const auto expected = values_of(args.c, Element::f32, shape.m * shape.n);
      std::fill_n(static_cast<float*>(args.c), shape.m * shape.n, 1.0f);
      for (std::size_t i = 0; i < tasks; ++i) subject.plain(shape.operands).gemm(shape, args, i);
      CHECK(values_of(args.c, Element::f32, shape.m * shape.n) == expected);
    }
  });
}

TEST_CASE("an epilogue as a pass of its own gives what the fused one gives") {
  on_every_subject([](Subject& subject) {
    for (const Element element : {Element::f32, Element::bf16, Element::f16}) {
      const GemmShape fused{GemmOp::nn, 70, 96, 64, element, Element::f32, true, true};
      GemmShape bare = fused;
      bare.bias = bare.skip = false;
      const GemmArgs args = arguments_for(fused, subject.memory);
      const AblationKernels plain = subject.plain(element);
      const auto multiply = [&](const GemmShape& shape) {
        for (std::size_t i = 0; i < vector_gemm_grid(shape).tasks(); ++i) plain.gemm(shape, args, i);
      };
      const auto result = [&] { return values_of(args.c, Element::f32, fused.m * fused.n); };
      multiply(fused);
      const auto expected = result();
      multiply(bare);
      CHECK(result() != expected);
      for (std::size_t i = 0; i < row_tasks(fused.m); ++i) plain.add_bias(fused, args, i);
      CHECK(result() == expected);
    }
  });
}

TEST_CASE("a LayerNorm with its width at run time is the static one, bit by bit") {
  on_every_subject([](Subject& subject) {
    for (const auto& listed : subject.kernels.norms) {
      const auto& shape = listed.shape;
      [[maybe_unused]] const auto& kernel = listed.kernel;
      if (shape.norm != Norm::layer_norm || !shape.bias || shape.result == Element::f16) continue;
      const NormArgs args = arguments_for(shape, subject.memory);
      const auto result = [&] { return values_of(args.y, shape.result, shape.rows * shape.width); };
      for (std::size_t i = 0; i < row_tasks(shape.rows); ++i) kernel.forward(args, i);
      const auto expected = result();
      std::fill_n(static_cast<char*>(args.y), shape.rows * shape.width, char{1});
      for (std::size_t i = 0; i < row_tasks(shape.rows); ++i)
        subject.plain(shape.result).norm_forward(shape, args, i);
      CHECK(result() == expected);
    }
  });
}

TEST_CASE("attention with the whole matrix of weights agrees with the one that never has it") {
  on_every_subject([](Subject& subject) {
    for (const auto& listed : subject.kernels.attentions) {
      const auto& shape = listed.shape;
      [[maybe_unused]] const auto& kernel = listed.kernel;
      if (shape.rope || shape.operands == Element::f16) continue;
      const std::size_t floats = std::max(attention_scratch_floats(shape), plain_attention_scratch_floats(shape));
      AttentionArgs args = arguments_for(shape, 1, floats, subject.memory);
      args.training = false;
      const std::size_t rows = shape.batch * shape.seq_len;
      const auto out = [&] { return values_of(args.out, shape.operands, rows * shape.out_width()); };
      const auto sums = [&] { return values_of(args.log_sum_exp, Element::f32, rows * shape.n_heads); };
      for (std::size_t i = 0; i < attention_tasks(shape); ++i) kernel.forward(args, i);
      const auto expected = out(), expected_sums = sums();
      std::fill_n(static_cast<char*>(args.out), rows * shape.out_width(), char{1});
      for (std::size_t i = 0; i < attention_tasks(shape); ++i)
        subject.plain(shape.operands).attention_forward(shape, args, i);
      // Weights are rounded to bf16 once normalised here and once not there: 2^-8 each.
      check_close(out(), expected, shape.operands == Element::f32 ? 1e-5 : 1e-2);
      check_close(sums(), expected_sums, 1e-5);
    }
  });
}

TEST_CASE("the loss with its vocabulary at run time is that of a softmax in double") {
  constexpr LossShape kShape{50, 64, Element::f32};
  constexpr std::size_t kRows = 5;
  on_every_subject([&](Subject& subject) {
    const LossArgs args = arguments_for(kShape, kRows, subject.memory);
    const auto logits = values_of(args.logits, Element::f32, kRows * kShape.padded);
    std::vector<double> losses(kRows);
    for (std::size_t row = 0; row < kRows; ++row) {
      double sum = 0;
      for (std::size_t i = 0; i < kShape.vocab; ++i) sum += std::exp(logits[row * kShape.padded + i]);
      losses[row] = std::log(sum) - logits[row * kShape.padded + args.targets[row]];
      subject.plain(Element::f32).loss(kShape, args, row);
    }
    check_close(values_of(args.losses, Element::f32, kRows), losses, 1e-6);
  });
}

}  // namespace
}  // namespace diecast
