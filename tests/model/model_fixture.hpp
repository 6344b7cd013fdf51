#pragma once

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/model/model.hpp>

#include "tests/golden/golden.hpp"
#include "tests/reference/complex_step.hpp"
#include "tests/reference/model.hpp"

namespace diecast {

/// The active preset's model at golden starting values, with one batch.
struct ModelFixture {
  ThreadPool pool;
  std::unique_ptr<Model> model;
  std::vector<Token> inputs, targets;

  explicit ModelFixture(std::string_view target = {}, std::size_t threads = 2)
      : pool(threads),
        model(make_model(pool, target)),
        inputs(active_preset().rows()),
        targets(active_preset().rows()) {
    const auto& rows = model->param_table().rows;
    for (std::size_t r = 0; r < rows.size(); ++r)
      golden::fill_golden(r, rows[r].in(model->parameters()), rows[r].name);
    model->parameters_changed();
    use_batch(0);
  }

  void use_batch(std::size_t step) { golden::golden_batch(active_preset(), step, inputs, targets); }
  TokenBatch batch() const { return {inputs, targets}; }

  /// A flat array by tensor, without padding.
  reference::Weights<double> by_name(std::span<float> flat) const {
    reference::Weights<double> result;
    for (const ParamRow& row : model->param_table().rows) {
      const auto values = row.in(flat);
      result[row.name] = {values.begin(), values.end()};
    }
    return result;
  }
};

/// How far a value that went through the preset's GEMM operands may be from exact, relative to the size of
/// what was summed. bf16 has 8 bits of significand: each rounding is off by up to 2^-9 of the next power of two, 2^-8
/// of the value, and they add up like a random walk over the layers. f16 has 11 bits, three more.
inline double tolerance(double f32) {
  constexpr double kBf16 = 2e-2;
  const Element e = active_preset().precision;
  return e == Element::f32 ? f32 : e == Element::bf16 ? kBf16 : kBf16 / 8;
}

inline double norm(const std::vector<double>& x) {
  double sum = 0;
  for (double v : x) sum += v * v;
  return std::sqrt(sum);
}

}  // namespace diecast
