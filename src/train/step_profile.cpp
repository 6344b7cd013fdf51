#include <diecast/train/step_profile.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json_text.hpp"

namespace diecast {
namespace {

using ProfileJson = nlohmann::ordered_json;

std::string extents_text(const KernelCall& call) {
  std::string text;
  for (const std::size_t extent : call.extents)
    if (extent != 0) text += fmt::format("{}{}", text.empty() ? "" : "x", extent);
  return fmt::format("{} {}", text, element_name(call.operands));
}

bool is_index(std::string_view name) { return !name.empty() && name.find_first_not_of("0123456789") == name.npos; }

double share_of(double ms, const StepProfile& profile) { return profile.step_ms > 0 ? ms / profile.step_ms : 0; }

}  // namespace

ProfileJson to_json(const StepProfile& profile) {
  ProfileJson layers = ProfileJson::array(), parts = ProfileJson::array(), kernels = ProfileJson::array();
  for (const auto& layer : profile.layers)
    layers.push_back({{"layer", layer.path},
                      {"forward_ms", layer.forward_ms},
                      {"backward_ms", layer.backward_ms},
                      {"share", share_of(layer.forward_ms + layer.backward_ms, profile)}});
  for (const auto& part : profile.parts)
    parts.push_back({{"part", part.name}, {"ms", part.ms}, {"share", share_of(part.ms, profile)}});
  for (const auto& kernel : profile.kernels)
    kernels.push_back({{"layer", kernel.path},
                       {"pass", name_of(kernel.pass)},
                       {"kernel", kernel.call.name},
                       {"shape", extents_text(kernel.call)},
                       {"calls", kernel.calls},
                       {"ms", kernel.ms},
                       {"share", share_of(kernel.ms, profile)}});
  return {{"steps", profile.steps},
          {"step_ms", profile.step_ms},
          {"layers", std::move(layers)},
          {"parts", std::move(parts)},
          {"kernels", std::move(kernels)}};
}

StepProfiler::StepProfiler(Model& model, std::uint64_t skipped, std::uint64_t steps, bool keeps_events)
    : model_(model), skipped_(skipped), steps_(steps), keeps_events_(keeps_events) {}

void StepProfiler::enter_part(std::string_view name) {
  if (++depth_ == 1 && observes()) {
    model_.set_observer(this);
    if (seen_ == skipped_) first_ = Clock::now();
  }
  if (observes()) begin(Kind::part, name, Pass::forward);
}

void StepProfiler::leave_part() {
  if (observes()) end();
  if (--depth_ > 0) return;
  if (observes()) model_.set_observer(nullptr);
  if (!done()) ++seen_;
}

void StepProfiler::enter(std::string_view name, Pass pass) { begin(Kind::stage, name, pass); }
void StepProfiler::leave(Pass, const StageResult&) { end(); }
void StepProfiler::enter_kernel(const KernelCall& call) { begin(Kind::kernel, call.name, Pass::forward, call); }
void StepProfiler::leave_kernel() { end(); }

void StepProfiler::begin(Kind kind, std::string_view name, Pass pass, const KernelCall& call) {
  const std::vector<std::size_t>& children = nodes_[current_].children;
  const auto known = std::ranges::find_if(children, [&](std::size_t child) {
    const Node& node = nodes_[child];
    return node.kind == kind && node.pass == pass && node.name == name && node.call == call;
  });
  if (known != children.end()) {
    current_ = *known;
  } else {
    nodes_.push_back({current_, kind, pass, std::string(name), call, {}});
    nodes_[current_].children.push_back(nodes_.size() - 1);
    current_ = nodes_.size() - 1;
  }
  began_.push_back(Clock::now());  // last: what is above is none of its time
}

void StepProfiler::end() {
  const auto now = Clock::now();
  Node& node = nodes_[current_];
  const double seconds = std::chrono::duration<double>(now - began_.back()).count();
  node.seconds += seconds;
  ++node.times;
  if (keeps_events_)
    events_.push_back({current_, std::chrono::duration<double>(began_.back() - first_).count(), seconds});
  began_.pop_back();
  current_ = node.parent;
}

double StepProfiler::ms_of(const Node& node) const { return 1000 * node.seconds / static_cast<double>(steps_); }

// The stages on the way to a node, itself among them.
std::string StepProfiler::path_of(const Node& node, bool by_block) const {
  std::string path;
  for (const Node* at = &node; at != &nodes_[0]; at = &nodes_[at->parent]) {
    if (at->kind != Kind::stage) continue;
    const std::string_view name = !by_block && is_index(at->name) ? "*" : std::string_view(at->name);
    path = path.empty() ? std::string(name) : fmt::format("{}.{}", name, path);
  }
  return path;
}

bool StepProfiler::is_within(const Node& node, Pass pass) const {
  for (const Node* at = &node; at != &nodes_[0]; at = &nodes_[at->parent])
    if (at->kind == Kind::stage && at->pass == pass) return true;
  return false;
}

bool StepProfiler::is_layer(const Node& node) const {
  return node.kind == Kind::stage && std::ranges::none_of(node.children, [&](std::size_t child) {
           return nodes_[child].kind == Kind::stage;
         });
}

StepProfile StepProfiler::profile(bool by_block) const {
  StepProfile result;
  result.steps = steps_;
  double named = 0;
  const auto find_or_add = [](auto& list, const auto& is_same, auto&& made) -> auto& {
    const auto found = std::ranges::find_if(list, is_same);
    return found != list.end() ? *found : list.emplace_back(std::move(made));
  };
  for (const Node& node : nodes_) {
    if (&node == &nodes_[0]) continue;
    const bool is_step = node.kind == Kind::part && node.parent == 0;
    const std::string path = path_of(node, by_block);
    const Pass pass = is_within(node, Pass::pack)       ? Pass::pack
                      : is_within(node, Pass::backward) ? Pass::backward
                                                        : Pass::forward;
    if (is_step) {
      result.step_ms += ms_of(node);
    } else if (node.kind == Kind::part) {
      double own = ms_of(node);
      for (const std::size_t child : node.children)
        if (nodes_[child].kind == Kind::part) own -= ms_of(nodes_[child]);
      named += own;
      const auto is_same = [&](const auto& part) { return part.name == node.name; };
      find_or_add(result.parts, is_same, StepProfile::Part{node.name}).ms += own;
    } else if (node.kind == Kind::kernel) {
      auto& kernel = find_or_add(
          result.kernels,
          [&](const auto& k) { return k.path == path && k.pass == pass && k.call == node.call; },
          StepProfile::Kernel{path, pass, node.call});
      kernel.ms += ms_of(node);
      kernel.calls += static_cast<double>(node.times) / static_cast<double>(steps_);
    } else if (is_layer(node) && pass != Pass::pack) {  // packing is a part
      named += ms_of(node);
      auto& layer = find_or_add(result.layers, [&](const auto& l) { return l.path == path; }, StepProfile::Layer{path});
      (pass == Pass::forward ? layer.forward_ms : layer.backward_ms) += ms_of(node);
    }
  }
  result.parts.push_back({"other", result.step_ms - named});
  return result;
}

std::string StepProfiler::trace() const {
  const auto arguments = [&](const Node& node) -> ProfileJson {
    if (node.kind == Kind::part) return ProfileJson::object();
    if (node.kind == Kind::kernel) return {{"layer", path_of(node, true)}, {"shape", extents_text(node.call)}};
    return {{"layer", path_of(node, true)}, {"pass", name_of(node.pass)}};
  };
  constexpr std::string_view kCategories[] = {"part", "stage", "kernel"};
  std::vector<Event> in_order = events_;
  // What contains another begins no later, and ends no earlier.
  std::ranges::stable_sort(in_order, [](const Event& a, const Event& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.seconds > b.seconds;
  });
  ProfileJson list = ProfileJson::array();
  for (const Event& event : in_order) {
    const Node& node = nodes_[event.node];
    list.push_back({{"name", node.name},
                    {"cat", kCategories[static_cast<std::size_t>(node.kind)]},
                    {"ph", "X"},
                    {"ts", 1e6 * event.begin},
                    {"dur", 1e6 * event.seconds},
                    {"pid", 1},
                    {"tid", 1},
                    {"args", arguments(node)}});
  }
  return json_text(ProfileJson{{"traceEvents", std::move(list)}, {"displayTimeUnit", "ms"}});
}

}  // namespace diecast
