#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <vector>

#include "tests/kernels/attention_loops.hpp"
#include "tests/kernels/operand.hpp"
#include "tests/reference/complex_step.hpp"

namespace diecast {
namespace {

constexpr double kTheta = ActivePreset::value.rope_theta;
constexpr std::uint32_t kKey = 0x5EED1234u, kSequence = 3;

// Of the largest element. An exponential is good to 3e-7 and its argument, a score below 8, to 5e-7.
constexpr double kAttentionTolerance = 3e-6;
// In bf16, weights and their slopes are rounded to it, by 2^-9, before they are multiplied. In f16 they are not.
constexpr double kBf16Tolerance = 6e-3;
// Scores beyond 500 are good to 3e-5, and so are the weights then.
constexpr double kLargeScoresTolerance = 2e-4;

// Whether the kernels round rotated queries and keys. They do so from f32 and the loops from double: of two nearly
// equal neighbours each may take another, and a score is then off by 2^-8 of a term.
bool rounds_rotated(const AttentionShape& shape) { return shape.rope && shape.operands == Element::bf16; }

double tolerance_of(const AttentionShape& shape, double in_f32 = kAttentionTolerance) {
  return shape.operands == Element::bf16 ? kBf16Tolerance : in_f32;
}

// Calls body(shape, kernels) for each slot on each target.
template <class Body>
void on_every_slot(const Body& body) {
  for (std::size_t i = 0; i < kShapes.attentions.count; ++i) {
    const AttentionShape& shape = kShapes.attentions.items[i];
    INFO("attention slot " << i << " over " << shape.batch << " sequences");
    body(shape, [&](const auto& check) {
      on_every_target([&](const Kernels& kernels) { check(kernels.attentions[i]); });
    });
  }
}

// Arguments of a call, and scratch that starts as NaN for each task.
struct Call {
  AttentionShape shape;
  std::vector<float> rope;
  Operand qkv, out, log_sum_exp, d_out, d_qkv;
  AttentionArgs args{};

  Call(const AttentionShape& s, const std::vector<double>& qkv_values, bool training)
      : shape(s),
        rope(rope_table(s.seq_len, s.head_dim, kTheta)),
        qkv(s.operands, qkv_values),
        out(s.operands, rows() * s.out_width()),
        log_sum_exp(Element::f32, s.batch * s.n_heads * s.seq_len),
        d_out(s.operands, rows() * s.out_width()),
        d_qkv(s.operands, qkv_values.size()) {
    args.training = training;
    args.dropout_key = kKey;
    args.dropout_sequence = kSequence;
  }
  std::size_t rows() const { return shape.batch * shape.seq_len; }

  void run(void (*kernel)(const AttentionArgs&, std::size_t)) {
    args.qkv = qkv.data();
    args.out = out.data();
    args.log_sum_exp = log_sum_exp.floats();
    args.d_out = d_out.data();
    args.d_qkv = d_qkv.data();
    args.rope = rope.data();
    for (std::size_t task = attention_tasks(shape); task-- > 0;) {
      Operand scratch(Element::f32, attention_scratch_floats(shape));
      args.scratch = scratch.floats();
      kernel(args, task);
      CHECK(scratch.guards_hold());
    }
  }
};

std::vector<double> random_rows(const AttentionShape& s, double range = 2) {
  return random_values(s.operands, s.batch * s.seq_len * s.width(), 20, range);
}

void check_forward(bool training, double range, double in_f32) {
  on_every_slot([&](const AttentionShape& shape, const auto& on_targets) {
    if (rounds_rotated(shape) && range > 2) return;  // scores of hundreds would be off by whole units
    const AttentionLoops loops{shape, kTheta, kKey, training, true, kSequence};
    const auto qkv = random_rows(shape, range);
    const auto out = loops.forward(qkv), log_sum_exp = loops.log_sum_exp(qkv);
    on_targets([&](const AttentionFns& kernels) {
      Call call(shape, qkv, training);
      call.run(kernels.forward);
      check_elements(call.out, out, within(tolerance_of(shape, in_f32) * largest(out)));
      const double in_sums = rounds_rotated(shape) ? 2e-3 : kAttentionTolerance;
      check_elements(call.log_sum_exp, log_sum_exp, within(in_sums * largest(log_sum_exp)));
    });
  });
}

void check_backward(bool training) {
  on_every_slot([&](const AttentionShape& shape, const auto& on_targets) {
    const AttentionLoops loops{shape, kTheta, kKey, training, true, kSequence};
    const auto qkv = random_rows(shape);
    const auto d_out = random_values(shape.operands, shape.batch * shape.seq_len * shape.out_width(), 21);
    const Operand out(shape.operands, loops.forward(qkv));
    const Operand log_sum_exp(Element::f32, loops.log_sum_exp(qkv));
    const auto expected = loops.backward(qkv, out.values(), d_out);
    on_targets([&](const AttentionFns& kernels) {
      Call call(shape, qkv, training);
      call.out = out;
      call.log_sum_exp = log_sum_exp;
      call.d_out = Operand(shape.operands, d_out);
      call.run(kernels.backward);
      check_elements(call.d_qkv, expected, within(tolerance_of(shape) * largest(expected)));
      CHECK(call.out.values() == out.values());
    });
  });
}

TEST_CASE("without dropout, the loops that kernels are compared with are the reference's attention") {
  on_every_slot([](const AttentionShape& shape, const auto&) {
    const AttentionLoops loops{shape, kTheta, kKey, false};
    const auto qkv = random_rows(shape);
    CHECK(loops.forward(qkv) == reference::causal_attention(loops.rotated(qkv), loops.sizes()));
  });
}

TEST_CASE("the loops' gradient is the derivative of the loops, with dropout and without") {
  for (const bool training : {false, true})
    on_every_slot([&](const AttentionShape& shape, const auto&) {
      const AttentionLoops loops{shape, kTheta, kKey, training};
      const auto qkv = random_rows(shape);
      const auto d_out = random_values(Element::f32, shape.batch * shape.seq_len * shape.out_width(), 22);
      const auto direction = random_values(Element::f32, qkv.size(), 23);
      auto moved = reference::to_complex(qkv);
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i].imag(reference::kComplexStep * direction[i]);
      const auto out = loops.forward(moved);
      double exact = 0, got = 0;
      for (std::size_t i = 0; i < out.size(); ++i)
        exact += d_out[i] * out[i].imag() / reference::kComplexStep;
      const auto gradient = loops.backward(qkv, loops.forward(qkv), d_out);
      for (std::size_t i = 0; i < gradient.size(); ++i) got += gradient[i] * direction[i];
      CHECK(got == doctest::Approx(exact).epsilon(1e-10));
    });
}

TEST_CASE("attention in evaluation agrees with the double-precision loops") {
  check_forward(false, 2, kAttentionTolerance);
}

TEST_CASE("attention stays right when scores are beyond what an exponential can hold") {
  check_forward(false, 30, kLargeScoresTolerance);
}

TEST_CASE("attention in training drops the weights that mix32 of key, row and column names") {
  check_forward(true, 2, kAttentionTolerance);
}

TEST_CASE("the gradient of attention in evaluation agrees with the double-precision loops") {
  check_backward(false);
}

TEST_CASE("the gradient of attention in training has the mask of forward") { check_backward(true); }

// Documents of each sequence, one of them a single token and none a multiple of a block.
std::vector<std::size_t> document_lengths(std::size_t seq_len) {
  const std::size_t third = seq_len / 3;
  return {third, 1, seq_len - third - 1};
}

TEST_CASE("attention over documents is attention over each of them alone, and so is its gradient") {
  on_every_slot([](const AttentionShape& shape, const auto& on_targets) {
    if (shape.seq_len < 4) return;
    const auto qkv = random_rows(shape);
    const auto d_out = random_values(shape.operands, shape.batch * shape.seq_len * shape.out_width(), 24);
    std::vector<double> out, d_qkv;
    std::vector<Segment> segments;
    std::vector<std::uint32_t> first_segment{0};
    std::size_t row = 0;
    for (std::size_t b = 0; b < shape.batch; ++b, first_segment.push_back(static_cast<std::uint32_t>(segments.size())))
      for (const std::size_t length : document_lengths(shape.seq_len)) {
        segments.push_back({row % shape.seq_len, length});
        AttentionShape alone = shape;
        alone.batch = 1;
        alone.seq_len = length;
        const AttentionLoops loops{alone, kTheta, kKey, false, true};
        const auto rows_of = [&](const std::vector<double>& all, std::size_t width) {
          const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * width);
          return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(length * width));
        };
        const auto own = rows_of(qkv, shape.width());
        const auto own_out = loops.forward(own);
        const auto own_d = loops.backward(own, Operand(shape.operands, own_out).values(), rows_of(d_out, shape.out_width()));
        out.insert(out.end(), own_out.begin(), own_out.end());
        d_qkv.insert(d_qkv.end(), own_d.begin(), own_d.end());
        row += length;
      }
    on_targets([&](const AttentionFns& kernels) {
      Call call(shape, qkv, false);
      call.args.segments = segments.data();
      call.args.first_segment = first_segment.data();
      call.d_out = Operand(shape.operands, d_out);
      call.run(kernels.forward);
      check_elements(call.out, out, within(tolerance_of(shape) * largest(out)));
      call.out = Operand(shape.operands, out);
      call.run(kernels.backward);
      check_elements(call.d_qkv, d_qkv, within(tolerance_of(shape) * largest(d_qkv)));
    });
  });
}

TEST_CASE("attention a token at a time agrees with the double-precision loops at every position") {
  on_every_slot([](const AttentionShape& slot, const auto& on_targets) {
    AttentionShape shape = slot;  // a decoder has one sequence
    shape.batch = 1;
    const auto qkv = random_rows(shape);
    const auto expected = AttentionLoops{shape, kTheta}.forward(qkv);
    const auto rope = rope_table(shape.seq_len, shape.head_dim, kTheta);
    const std::size_t cache = shape.seq_len * shape.n_kv_heads * shape.head_dim;
    on_targets([&](const AttentionFns& kernels) {
      Operand keys(Element::f32, cache), values(Element::f32, cache);
      Operand scores(Element::f32, shape.n_heads * shape.seq_len);
      for (std::size_t t = 0; t < shape.seq_len; ++t) {
        CAPTURE(t);
        const auto row = [&](const std::vector<double>& all, std::size_t width) {
          return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(t * width),
                                     all.begin() + static_cast<std::ptrdiff_t>((t + 1) * width));
        };
        Operand token(shape.operands, row(qkv, shape.width())), out(shape.operands, shape.out_width());
        const AttentionStepArgs args{
            token.data(), out.data(), keys.floats(), values.floats(), scores.floats(), rope.data(), t};
        for (std::size_t head = 0; head < shape.n_kv_heads; ++head) kernels.step(args, head);
        check_elements(out, row(expected, shape.out_width()), within(kAttentionTolerance * largest(expected)));
      }
      CHECK(keys.guards_hold());
      CHECK(values.guards_hold());
      CHECK(scores.guards_hold());
    });
  });
}

}  // namespace
}  // namespace diecast
