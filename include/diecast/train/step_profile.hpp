#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <diecast/model/model.hpp>
#include <diecast/model/observer.hpp>

namespace diecast {

/// Where the time of optimizer steps goes. All times are milliseconds of one step, means over the steps; the layers and
/// the parts together are the step.
struct StepProfile {
  struct Layer {
    std::string path;  ///< `blocks.*.attention.qkv`: of all blocks together, or `blocks.3.attention.qkv`
    double forward_ms = 0;
    double backward_ms = 0;  ///< what is run again for it is in it
  };
  /// Of a step outside the model's passes: waiting for data, optimizer, packing; last the rest. A part that lies in
  /// another is not counted twice.
  struct Part {
    std::string name;
    double ms = 0;
  };
  struct Kernel {
    std::string path;  ///< of the layer that calls it
    Pass pass;
    KernelCall call;
    double calls = 0;
    double ms = 0;
  };

  std::uint64_t steps = 0;
  double step_ms = 0;
  std::vector<Layer> layers;    ///< in the order in which a step comes to them
  std::vector<Part> parts;
  std::vector<Kernel> kernels;  ///< likewise
};

nlohmann::ordered_json to_json(const StepProfile& profile);

/// Takes the profile of some steps of a training run while they are made: the model is observed then, which changes no
/// bit of them. A step is the outermost part.
class StepProfiler final : public LayerObserver {
 public:
  /// Of `steps` steps after the first `skipped`, whose memory and caches are still cold. `keeps_events`: for trace().
  StepProfiler(Model& model, std::uint64_t skipped, std::uint64_t steps, bool keeps_events);

  void enter_part(std::string_view name);
  void leave_part();
  void enter(std::string_view name, Pass pass) override;
  void leave(Pass pass, const StageResult& result) override;
  void enter_kernel(const KernelCall& call) override;
  void leave_kernel() override;

  bool done() const { return seen_ == skipped_ + steps_; }
  /// After `done`. The blocks each by itself, or all together.
  StepProfile profile(bool by_block) const;
  /// The same steps as they went, in Chrome's trace event format, for Perfetto and chrome://tracing: parts, stages and
  /// kernels lie in one another.
  std::string trace() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind : std::uint8_t { part, stage, kernel };

  // One thing that is done again and again at the same place: a node of a tree. The root is no step.
  struct Node {
    std::size_t parent;
    Kind kind;
    Pass pass;
    std::string name;
    KernelCall call;
    std::vector<std::size_t> children;
    std::uint64_t times = 0;
    double seconds = 0;
  };
  struct Event {
    std::size_t node;
    double begin, seconds;  // since the profile's first step began
  };

  void begin(Kind kind, std::string_view name, Pass pass, const KernelCall& call = {});
  void end();
  bool observes() const { return seen_ >= skipped_ && !done(); }
  std::string path_of(const Node& node, bool by_block) const;
  bool is_within(const Node& node, Pass pass) const;
  bool is_layer(const Node& node) const;
  double ms_of(const Node& node) const;

  Model& model_;
  std::uint64_t skipped_, steps_, seen_ = 0;
  bool keeps_events_;
  std::size_t depth_ = 0;  // of parts
  std::vector<Node> nodes_{Node{0, Kind::part, Pass::forward, {}, {}, {}}};
  std::size_t current_ = 0;
  std::vector<Clock::time_point> began_;  // of the nodes from the root to `current_`
  Clock::time_point first_{};
  std::vector<Event> events_;
};

/// A part of a step, from here to the end of the scope; nothing without a profiler.
class ProfiledPart {
 public:
  ProfiledPart(StepProfiler* profiler, std::string_view name) : profiler_(profiler) {
    if (profiler_) profiler_->enter_part(name);
  }
  ~ProfiledPart() {
    if (profiler_) profiler_->leave_part();
  }
  ProfiledPart(const ProfiledPart&) = delete;
  ProfiledPart& operator=(const ProfiledPart&) = delete;

 private:
  StepProfiler* profiler_;
};

}  // namespace diecast
