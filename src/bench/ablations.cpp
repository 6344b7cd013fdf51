#include "bench/ablations.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <diecast/core/field.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/grid.hpp>

#include "bench/kernel_arguments.hpp"
#include "bench/kernel_work.hpp"

namespace diecast {
namespace {

struct StepPair {
  const char* name;
  TrainingStep::Form slow, fast;
};
constexpr StepPair kStepPairs[]{
    {"batching", TrainingStep::Form::by_sequence, TrainingStep::Form::whole},
    // The bounds of documents instead of a mask over the whole sequence.
    {"document_bounds", TrainingStep::Form::whole, TrainingStep::Form::documents},
};

std::string full_name(const std::string& name) { return "ablation/" + name; }

// The product that takes most of a step, of those that the plain kernel can make too.
const ListedKernel<GemmShape, GemmFn>& dominant_gemm(const KernelList& kernels) {
  const auto work = [](const auto& kernel) {
    const GemmShape& s = kernel.shape;
    const bool plain = s.op == GemmOp::nn && !s.head && s.result == Element::f32;
    return plain ? static_cast<double>(kernel.times) * work_of(s).products : 0;
  };
  return *std::max_element(kernels.gemms.begin(), kernels.gemms.end(),
                           [&](const auto& a, const auto& b) { return work(a) < work(b); });
}

}  // namespace

AblationSection::AblationSection(Suite& suite, ThreadPool& pool, std::string_view target)
    // Vectors on both sides: a kernel of tiles would differ in more than what is left out.
    : suite_(suite), pool_(pool), target_(without_tiles(target)), kernels_(training_kernels(target_)) {
  add_gemms();
  if (active_preset().precision == Element::f16) return;  // its other kernels are f32's
  add_norm();
  add_loss();
  add_attention();
}

void AblationSection::add(const std::string& name, std::string_view unit, double work, Run slow, Run fast) {
  const Suite::Id first = suite_.add(full_name(name) + " slow", std::move(slow));
  pairs_.push_back({name, unit, work, first, suite_.add(full_name(name) + " fast", std::move(fast))});
}

template <class Build>
void AblationSection::build_pair(const std::string& name, std::string_view unit, double work, const Build& build) {
  if (!suite_.selects(full_name(name))) return;
  auto [slow, fast] = build(*memory_.emplace_back(std::make_unique<Operands>(pool_)));
  add(name, unit, work, std::move(slow), std::move(fast));
}

template <class Kernel>
AblationSection::Run AblationSection::over_tasks(std::size_t count, Kernel kernel) {
  return [&pool = pool_, count, kernel] { pool.run(count, kernel); };
}

void AblationSection::add_gemms() {
  const auto& [shape, times, kernel] = dominant_gemm(kernels_);
  const GemmShape s = shape;
  const GemmFn fixed = kernel;
  const double gflop = 1e-9 * work_of(s).products;
  const std::size_t tasks = vector_gemm_grid(s).tasks();
  const auto plain_run = [this, tasks](const GemmShape& of, const GemmArgs& args) {
    return over_tasks(tasks, [of, args, gemm = ablation_kernels(of.operands, target_).gemm](
                                 std::size_t task, std::size_t) { gemm(of, args, task); });
  };
  build_pair("static_extents/gemm", "GFLOP/s", gflop, [&](Operands& memory) {
    const GemmArgs args = arguments_for(s, memory);
    return std::pair{plain_run(s, args),
                     over_tasks(tasks, [args, fixed](std::size_t task, std::size_t) { fixed(args, task); })};
  });
  for (const Element element : {Element::bf16, Element::f16})
    build_pair(fmt::format("precision/{}", element_name(element)), "GFLOP/s", gflop, [&](Operands& memory) {
      GemmShape wide = s, narrow = s;
      wide.operands = Element::f32;
      narrow.operands = element;
      return std::pair{plain_run(wide, arguments_for(wide, memory)),
                       plain_run(narrow, arguments_for(narrow, memory))};
    });
  GemmShape fused = s, bare = s;
  fused.bias = fused.skip = true;
  bare.bias = bare.skip = false;
  build_pair("fused_epilogue", "GFLOP/s", gflop, [&](Operands& memory) {
    const GemmArgs args = arguments_for(fused, memory);
    const Run product = plain_run(bare, args);
    const auto add_bias = [fused, args, add = ablation_kernels(s.operands, target_).add_bias](
                              std::size_t task, std::size_t) { add(fused, args, task); };
    const Run epilogue = over_tasks(row_tasks(s.m), add_bias);
    const Run separate = [product, epilogue] {
      product();
      epilogue();
    };
    return std::pair{separate, plain_run(fused, args)};
  });
}

void AblationSection::add_norm() {
  const auto found = std::find_if(kernels_.norms.begin(), kernels_.norms.end(), [](const auto& kernel) {
    return kernel.shape.norm == Norm::layer_norm && kernel.shape.bias;
  });
  if (found == kernels_.norms.end()) return;
  const NormShape s = found->shape;
  build_pair("static_extents/layer_norm", "GB/s", 1e-9 * norm_work(s, false).bytes, [&](Operands& memory) {
    const NormArgs args = arguments_for(s, memory);
    const auto slow = [s, args, norm = ablation_kernels(s.result, target_).norm_forward](
                          std::size_t task, std::size_t) { norm(s, args, task); };
    const auto fast = [args, norm = found->kernel.forward](std::size_t task, std::size_t) { norm(args, task); };
    return std::pair{over_tasks(row_tasks(s.rows), slow), over_tasks(row_tasks(s.rows), fast)};
  });
}

// Logits, softmax, loss, their gradients and the packing of these: passes of their own, or inside the product.
void AblationSection::add_loss() {
  if (kernels_.heads.empty()) return;
  const HeadShape s = kernels_.heads.front().shape;
  const HeadFns fused = kernels_.heads.front().kernel;
  build_pair("fused_loss", "tok/s", static_cast<double>(s.rows), [&](Operands& memory) {
    const HeadArgs head = arguments_for(s, memory);
    const GemmShape logits = s.logits();
    const LossShape loss{s.vocab, s.padded, s.operands};
    const PackShape pack{PackOp::left, s.rows, s.padded, s.operands};
    GemmArgs product = arguments_for(logits, memory);
    LossArgs rows = arguments_for(loss, s.rows, memory);
    rows.logits = static_cast<float*>(product.c);
    const PackArgs packing{rows.d_logits, head.exponentials_packed, s.rows};
    const Run slow = [=, &pool = pool_, plain = ablation_kernels(s.operands, target_)] {
      pool.run(vector_gemm_grid(logits).tasks(),
               [&](std::size_t task, std::size_t) { plain.gemm(logits, product, task); });
      pool.run(s.rows, [&](std::size_t row, std::size_t) { plain.loss(loss, rows, row); });
      pool.run(pack_tasks(pack), [&](std::size_t task, std::size_t) { plain.pack_left(pack, packing, task); });
    };
    const Run fast = [=, &pool = pool_, tasks = head_grid(s, s.rows, TileUnit::none).tasks()] {
      pool.run(row_tasks(s.rows), [&](std::size_t task, std::size_t) { fused.anchors(head, task); });
      pool.run(tasks, [&](std::size_t task, std::size_t) { fused.exponentials(head, task); });
    };
    return std::pair{slow, fast};
  });
}

void AblationSection::add_attention() {
  const AttentionShape s = kernels_.attentions.front().shape;
  const std::size_t floats = round_up(std::max(attention_scratch_floats(s), plain_attention_scratch_floats(s)),
                                      kAlignment);
  build_pair("flash_attention", "GFLOP/s", 1e-9 * attention_work(s, false).products, [&](Operands& memory) {
    const AttentionArgs args = arguments_for(s, pool_.threads(), floats, memory);
    const auto of_thread = [args, floats](std::size_t thread) {
      AttentionArgs mine = args;
      mine.scratch += thread * floats;
      return mine;
    };
    const auto slow = [s, of_thread, plain = ablation_kernels(s.operands, target_).attention_forward](
                          std::size_t task, std::size_t thread) { plain(s, of_thread(thread), task); };
    const auto fast = [of_thread, flash = kernels_.attentions.front().kernel.forward](
                          std::size_t task, std::size_t thread) { flash(of_thread(thread), task); };
    return std::pair{over_tasks(attention_tasks(s), slow), over_tasks(attention_tasks(s), fast)};
  });
}

bool selects_step_ablations(const Suite& suite) {
  return std::any_of(std::begin(kStepPairs), std::end(kStepPairs),
                     [&](const StepPair& pair) { return suite.selects(full_name(pair.name)); });
}

void AblationSection::add_steps(const StepSection& step) {
  const double tokens = static_cast<double>(active_preset().rows());
  for (const StepPair& pair : kStepPairs) {
    if (!suite_.selects(full_name(pair.name))) continue;
    if (pair.slow == TrainingStep::Form::by_sequence && active_preset().batch_size == 1) continue;
    const auto run_of = [&](TrainingStep::Form form) -> Run {
      steps_.push_back(std::make_unique<TrainingStep>(step.model(), pool_, form));
      return [made = steps_.back().get()] { made->run(); };
    };
    add(pair.name, "tok/s", tokens, run_of(pair.slow), run_of(pair.fast));
  }
}

std::vector<Ablation> AblationSection::report(const Suite& suite) const {
  std::vector<Ablation> ablations;
  for (const Pair& pair : pairs_)
    ablations.push_back({pair.name, pair.unit, rate_of(suite.samples(pair.slow), pair.work),
                         rate_of(suite.samples(pair.fast), pair.work)});
  return ablations;
}

}  // namespace diecast
