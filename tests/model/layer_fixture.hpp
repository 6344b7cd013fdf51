#pragma once

#include <cmath>
#include <cstddef>
#include <diecast/core/thread_pool.hpp>
#include <diecast/kernels/context.hpp>
#include <diecast/model/param_rows.hpp>
#include <diecast/model/param_table.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/kernels/attention_loops.hpp"
#include "tests/kernels/operand.hpp"
#include "tests/reference/model.hpp"

namespace diecast {

inline constexpr const Preset& kPreset = ActivePreset::value;
/// Of the layers that training runs: a whole batch's.
inline constexpr std::size_t kRows = kPreset.rows();

/// One layer by itself: memory for everything in its frame, parameters drawn at random. What the layer must
/// write before it reads it starts as NaN.
template <class L>
class LayerFixture {
 public:
  using P = ActivePreset;

  /// Parameters are called prefix + their name in L.
  explicit LayerFixture(std::string_view target, const std::string& prefix = "layer.")
      : pool_(kThreads),
        params_(Element::f32, std::vector<double>(L::Params::bytes / sizeof(float))),
        grads_(params_),
        packs_(Element::f32, L::Packs::bytes / sizeof(float)),
        saved_(Element::f32, L::Saved::bytes / sizeof(float)),
        scratch_(Element::f32, L::Scratch::bytes / sizeof(float)),
        thread_scratch_(Element::f32, kThreads * kThreadBytes / sizeof(float)),
        rope_(rope_table(P::value.seq_len, P::value.head_dim(), P::value.rope_theta)),
        context{.kernels = &kernels_for<P>(target),
                .pool = &pool_,
                .thread_scratch = bytes(thread_scratch_),
                .thread_scratch_bytes = kThreadBytes,
                .rope = rope_.data()},
        frame{params_.floats(), bytes(packs_), grads_.floats(), bytes(saved_), bytes(scratch_), 1} {
    append_param_rows<L>(rows_, prefix);
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const auto values = random_values(Element::f32, rows_[r].size(), 100 + r, range(rows_[r]));
      for (std::size_t i = 0; i < values.size(); ++i)
        params_.set(rows_[r].offset + i, values[i] + (rows_[r].init == Init::ones ? 1 : 0));
    }
    // Not every layer has this form of it: the head is told which weight.
    if constexpr (requires { L::pack(context, frame); }) L::pack(context, frame);
  }
  LayerFixture(const LayerFixture&) = delete;
  LayerFixture& operator=(const LayerFixture&) = delete;

  const std::vector<ParamRow>& rows() const { return rows_; }
  reference::Weights<double> weights() const { return by_name(params_); }
  reference::Weights<double> gradients() const { return by_name(grads_); }

  /// y (+ skip, if given: a tensor)
  template <class... Skip>
  Operand forward(const std::vector<double>& x, Skip... skip) {
    using X = typename L::Input::element;
    using Y = typename L::Output::element;
    x_ = Operand(element_of<X>, x);
    y_ = Operand(element_of<Y>, L::Output::shape::size);
    L::forward(context, frame, In<typename L::Input>{static_cast<X*>(x_.data())},
               Out<typename L::Output>{static_cast<Y*>(y_.data())}, skip...);
    return y_;
  }
  /// dx (+ skip) at the x of the last forward.
  template <class... Skip>
  Operand backward(const std::vector<double>& dy, Skip... skip) {
    using X = typename L::Input::element;
    using Y = typename L::Output::element;
    Operand d_out(element_of<Y>, dy), d_in(element_of<X>, L::Input::shape::size);
    const In<typename L::Input> x{static_cast<X*>(x_.data())};
    const In<typename L::Output> y{static_cast<Y*>(y_.data())}, d{static_cast<Y*>(d_out.data())};
    const Out<typename L::Input> dx{static_cast<X*>(d_in.data())};
    if constexpr (ReadsOutput<L>) {
      L::backward(context, frame, x, y, d, dx, skip...);
    } else {
      L::backward(context, frame, x, d, dx, skip...);
    }
    return d_in;
  }
  /// Whether the layer wrote only into its own areas.
  bool guards_hold() const {
    return params_.guards_hold() && grads_.guards_hold() && packs_.guards_hold() && saved_.guards_hold() &&
           scratch_.guards_hold() && thread_scratch_.guards_hold();
  }

 private:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kThreadBytes = round_up(kThreadScratch<L>, kAlignment);

  static std::byte* bytes(Operand& area) { return static_cast<std::byte*>(area.data()); }
  // Matrices keep the size of what passes through them.
  static double range(const ParamRow& row) {
    return row.shape.size() == 2 ? std::sqrt(3.0 / static_cast<double>(row.shape[1])) : 0.5;
  }
  reference::Weights<double> by_name(const Operand& flat) const {
    reference::Weights<double> result;
    for (const ParamRow& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) result[row.name].push_back(flat[row.offset + i]);
    return result;
  }

  ThreadPool pool_;
  Operand params_, grads_, packs_, saved_, scratch_, thread_scratch_;
  Operand x_{Element::f32, 0}, y_{Element::f32, 0};
  std::vector<float> rope_;
  std::vector<ParamRow> rows_;

 public:
  Context<P> context;
  Frame<L> frame;
};

}  // namespace diecast
