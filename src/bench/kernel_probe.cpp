#include <diecast/bench/kernel_probe.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <diecast/core/field.hpp>
#include <diecast/kernels/grid.hpp>
#include <diecast/kernels/kernel_call.hpp>
#include <diecast/kernels/kernel_list.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <diecast/model/model.hpp>
#include <diecast/train/optimizer.hpp>

#include "bench/kernel_arguments.hpp"
#include "bench/kernel_work.hpp"
#include "bench/operands.hpp"

namespace diecast {
namespace {

using Run = std::function<void()>;

std::string matrix_text(std::size_t rows, std::size_t cols, Element element) {
  return fmt::format("{}x{} {}", rows, cols, element_name(element));
}

std::string shape_text(const GemmShape& s) {
  return fmt::format("{}x{}x{} {}{}{}{}", s.m, s.n, s.k, element_name(s.operands), s.bias ? " bias" : "",
                     s.skip ? " skip" : "", s.head ? " head" : "");
}

std::string shape_text(const AttentionShape& s) {
  return fmt::format("{}x{} {}/{} heads of {} {}", s.batch, s.seq_len, s.n_heads, s.n_kv_heads, s.head_dim,
                     element_name(s.operands));
}

// Makes the probes of each family.
class ProbeList {
 public:
  ProbeList(ThreadPool& pool, std::string_view target)
      : pool_(pool), kernels_(training_kernels(target)), ops_(span_ops(target)) {}

  std::vector<KernelProbe> make() && {
    for (const auto& [shape, times, kernel] : kernels_.gemms) add_gemm(shape, times, kernel);
    for (const auto& [shape, times, kernel] : kernels_.heads) add_head(shape, times, kernel);
    for (const auto& [shape, times, kernel] : kernels_.attentions) add_attention(shape, times, kernel);
    for (const auto& [shape, times, kernel] : kernels_.norms) add_norm(shape, times, kernel);
    for (const auto& [shape, times, kernel] : kernels_.activations) add_activation(shape, times, kernel);
    for (const auto& [shape, times, kernel] : kernels_.losses) add_loss(shape, times, kernel);
    for (const auto& [shape, times, kernel] : kernels_.packs) add_pack(shape, times, kernel);
    for (std::size_t i = 0; i < kernels_.row_calls.count; ++i)
      add_row_op(kernels_.row_calls.items[i], kernels_.row_calls.times[i]);
    add_optimizer(model_param_table().stored);
    return std::move(probes_);
  }

 private:
  // `build(operands)` allocates and returns kernel(task, thread) and the number of tasks.
  template <class Build>
  void add(std::string name, std::string shape, Element operands, std::size_t times, const Work& work,
           const Build& build) {
    const auto prepare = [&pool = pool_, build]() -> Run {
      const auto memory = std::make_shared<Operands>(pool);
      const auto [task, count] = build(*memory);
      return [&pool, memory, task = task, count = count] { pool.run(count, task); };
    };
    probes_.push_back({std::move(name), std::move(shape), operands, static_cast<double>(times), work, prepare});
  }

  // The usual kernel: kernel(args, task).
  template <class Kernel, class Args>
  static auto tasks_of(Kernel kernel, const Args& args, std::size_t count) {
    return std::pair{[kernel, args](std::size_t task, std::size_t) { kernel(args, task); }, count};
  }

  void add_gemm(const GemmShape& s, std::size_t times, GemmFn kernel) {
    add(std::string(call_of(s).name), shape_text(s), s.operands, times, work_of(s),
        [s, kernel, tiles = kernels_.tiles](Operands& memory) {
          const GemmArgs args = arguments_for(s, memory);
          const HeadGradient head{s.head ? memory.floats(s.m) : nullptr, nullptr, nullptr};
          const auto task = [kernel, args, head, has_head = s.head](std::size_t index, std::size_t) {
            GemmArgs mine = args;
            if (has_head) mine.head = &head;
            kernel(mine, index);
          };
          return std::pair{task, gemm_grid(s, tiles).tasks()};
        });
  }

  void add_head(const HeadShape& s, std::size_t times, const HeadFns& kernel) {
    const std::string text = fmt::format("{}x{}x{} {}", s.rows, s.padded, s.width, element_name(s.operands));
    add("head_exponentials", text, s.operands, times, head_work(s), [=, tiles = kernels_.tiles](Operands& memory) {
      return tasks_of(kernel.exponentials, arguments_for(s, memory), head_grid(s, s.rows, tiles).tasks());
    });
    add("head_anchors", matrix_text(s.rows, s.width, s.operands), s.operands, times, anchor_work(s),
        [=](Operands& memory) { return tasks_of(kernel.anchors, arguments_for(s, memory), row_tasks(s.rows)); });
  }

  void add_attention(const AttentionShape& s, std::size_t times, const AttentionFns& kernel) {
    const std::size_t scratch = round_up(attention_scratch_floats(s), kAlignment);
    const auto build = [s, scratch, threads = pool_.threads()](auto function) {
      return [=](Operands& memory) {
        const AttentionArgs args = arguments_for(s, threads, scratch, memory);
        const auto task = [=](std::size_t index, std::size_t thread) {
          AttentionArgs mine = args;
          mine.scratch += thread * scratch;
          function(mine, index);
        };
        return std::pair{task, attention_tasks(s)};
      };
    };
    add("attention_forward", shape_text(s), s.operands, times, attention_work(s, false), build(kernel.forward));
    add("attention_backward", shape_text(s), s.operands, times, attention_work(s, true), build(kernel.backward));
  }

  void add_norm(const NormShape& s, std::size_t times, const NormFns& kernel) {
    const auto add_pass = [&](auto function, bool backward) {
      add(std::string(call_of(s, backward).name), matrix_text(s.rows, s.width, s.result), s.result, times,
          norm_work(s, backward), [=](Operands& memory) {
            return tasks_of(function, arguments_for(s, memory),
                            backward ? norm_backward_tasks(s.rows) : row_tasks(s.rows));
          });
    };
    add_pass(kernel.forward, false);
    add_pass(kernel.backward, true);
  }

  void add_activation(const ActivationShape& s, std::size_t times, const ActivationFns& kernel) {
    const auto add_pass = [&](auto function, bool backward) {
      add(std::string(call_of(s, backward).name), matrix_text(s.rows, s.width, s.operands), s.operands, times,
          activation_work(s, backward),
          [=](Operands& memory) { return tasks_of(function, arguments_for(s, memory), row_tasks(s.rows)); });
    };
    add_pass(kernel.forward, false);
    add_pass(kernel.backward, true);
  }

  // Rows of one block of the head.
  void add_loss(const LossShape& s, std::size_t rows_a_step, LossFn kernel) {
    const std::size_t rows = std::min(rows_a_step, kLossRows);
    add("loss", matrix_text(rows, s.padded, s.gradient), s.gradient, ceil_div(rows_a_step, rows),
        work_of(s) * static_cast<double>(rows), [=](Operands& memory) {
          return tasks_of(kernel, arguments_for(s, rows, memory), rows);
        });
  }

  void add_pack(const PackShape& s, std::size_t times, PackFn kernel) {
    add(std::string(name_of(s.op)), matrix_text(s.rows, s.cols, s.operands), s.operands, times, work_of(s),
        [=](Operands& memory) {
          return tasks_of(kernel, arguments_for(s, memory), pack_tasks(s));
        });
  }

  void add_row_op(const RowShape& s, std::size_t times) {
    const bool by_columns = s.op == RowOp::column_sum;
    const std::size_t tasks = by_columns ? ceil_div(s.cols, kWidthQuantum) : row_tasks(s.rows);
    add(std::string(name_of(s.op)), matrix_text(s.rows, s.cols, s.operands), s.operands, times, work_of(s),
        [s, tasks, by_columns, ops = kernels_.rows](Operands& memory) {
          const Element source = by_columns ? s.operands : Element::f32;
          const void* x = memory.elements(source, s.rows * s.cols);
          const float* z = memory.floats(s.rows * s.cols);
          void* y = memory.floats(s.rows * s.cols);
          const auto task = [=](std::size_t index, std::size_t) {
            std::visit([&](const auto& typed) { run_row_op(typed, s, x, z, y, index); }, ops);
          };
          return std::pair{task, tasks};
        });
  }

  // One task, as Context and the layers cut them.
  template <class E>
  static void run_row_op(const RowOps<E>& ops, const RowShape& s, const void* x, const float* z, void* y,
                         std::size_t task) {
    const auto* floats = static_cast<const float*>(x);
    const auto* operands = static_cast<const E*>(x);
    const std::size_t col = task * kWidthQuantum, first = task * kRowBlock * s.cols;
    const std::size_t count = (std::min((task + 1) * kRowBlock, s.rows) - task * kRowBlock) * s.cols;
    auto* out = static_cast<float*>(y);
    switch (s.op) {
      case RowOp::column_sum:
        return s.operands == Element::f32
                   ? ops.column_sum_f32(floats + col, s.rows, s.cols, kWidthQuantum, out + col)
                   : ops.column_sum(operands + col, s.rows, s.cols, kWidthQuantum, out + col);
      case RowOp::narrow: return ops.narrow(floats + first, static_cast<E*>(y) + first, count);
      case RowOp::add: return ops.add(floats + first, z + first, out + first, count);
      case RowOp::dropout: return ops.dropout(floats, nullptr, out, first, count, 1, 6554);
    }
  }

  void add_optimizer(std::size_t parameters) {
    const double n = static_cast<double>(parameters);
    const std::size_t tasks = ceil_div(parameters, Optimizer::kChunk);
    const auto chunk = [parameters](std::size_t task) { return block(task, Optimizer::kChunk, parameters); };
    const std::string text = fmt::format("{} f32", parameters);
    add("adamw", text, Element::f32, 1, adamw_work(n), [=, &ops = ops_](Operands& memory) {
      float *p = memory.floats(parameters), *g = memory.floats(parameters);
      float *m = memory.floats(parameters), *v = memory.floats(parameters);
      ops.fill(v, 1.0f, parameters);  // squares
      // Moments that stay: the gradient is zero after the first call, and they would fade into subnormals.
      constexpr AdamWStep kStep{.grad_scale = 1, .beta1 = 1, .beta2 = 1, .eps = 1e-8f, .step_size = 1e-8f,
                                .inv_sqrt_correction = 1, .decay = 1e-8f};
      const auto task = [=, &ops](std::size_t index, std::size_t) {
        const auto [begin, end] = chunk(index);
        ops.adamw(kStep, p + begin, g + begin, m + begin, v + begin, end - begin);
      };
      return std::pair{task, tasks};
    });
    const Work norm{.operations = n, .bytes = 4 * n};
    add("sum_of_squares", text, Element::f32, 1, norm, [=, &ops = ops_](Operands& memory) {
      const float* g = memory.floats(parameters);
      const auto task = [=, &ops](std::size_t index, std::size_t) {
        const auto [begin, end] = chunk(index);
        ops.sum_of_squares(g + begin, end - begin);
      };
      return std::pair{task, tasks};
    });
  }

  static constexpr std::size_t kLossRows = 512;

  ThreadPool& pool_;
  KernelList kernels_;
  const SpanOps& ops_;
  std::vector<KernelProbe> probes_;
};

}  // namespace

std::vector<KernelProbe> kernel_probes(ThreadPool& pool, std::string_view target) {
  return ProbeList(pool, target).make();
}

}  // namespace diecast
