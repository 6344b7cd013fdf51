#include <diecast/train/nonfinite.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <diecast/core/element.hpp>

namespace diecast {
namespace {

std::string spell_value(float value) { return std::isnan(value) ? "nan" : fmt::format("{:.3g}", value); }

// Norms are sums of squares in f32: a number may be finite and its square not.
bool has_finite_square(float value) { return std::isfinite(value * value); }

template <class E>
std::optional<std::size_t> first_nonfinite(const void* data, std::size_t count) {
  const auto values = std::span(static_cast<const E*>(data), count);
  const auto found = std::ranges::find_if(values, [](E value) { return !std::isfinite(static_cast<float>(value)); });
  if (found == values.end()) return {};
  return static_cast<std::size_t>(found - values.begin());
}

template <class E>
float value_at(const void* data, std::size_t index) {
  return static_cast<float>(static_cast<const E*>(data)[index]);
}

// Ends the pass at the first result that is not finite.
class NonFiniteObserver final : public LayerObserver {
 public:
  struct Found {};

  void enter(std::string_view name, Pass) override { path_.emplace_back(name); }

  void leave(Pass pass, const StageResult& result) override {
    if (result.data != nullptr) {
      if (result.element == Element::f32) look_at<float>(pass, result);
      if (result.element == Element::bf16) look_at<BFloat16>(pass, result);
      if (result.element == Element::f16) look_at<Float16>(pass, result);
    }
    path_.pop_back();
  }

  const std::optional<NonFinite>& found() const { return found_; }

 private:
  template <class E>
  void look_at(Pass pass, const StageResult& result) {
    const auto index = first_nonfinite<E>(result.data, result.rows * result.cols);
    if (!index) return;
    found_ = NonFinite{.layer = fmt::format("{}", fmt::join(path_, ".")),
                       .pass = pass,
                       .row = *index / result.cols,
                       .value = spell_value(value_at<E>(result.data, *index))};
    throw Found();
  }

  std::vector<std::string> path_;
  std::optional<NonFinite> found_;
};

// While it lives, the model tells the observer.
class Observing {
 public:
  Observing(Model& model, LayerObserver& observer) : model_(model) { model_.set_observer(&observer); }
  ~Observing() { model_.set_observer(nullptr); }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

 private:
  Model& model_;
};

// The first parameter with such a value in `flat`, one of the layer `preferred` if it has any.
struct FoundParameter {
  std::string name;
  std::string value;
};
std::optional<FoundParameter> find_parameter(const ParamTable& table, std::span<const float> flat,
                                             const std::string& preferred) {
  std::optional<FoundParameter> first;
  for (const ParamRow& row : table.rows) {
    const auto values = row.in(flat);
    const auto found = std::ranges::find_if_not(values, has_finite_square);
    if (found == values.end()) continue;
    const FoundParameter here{row.name, spell_value(*found)};
    if (row.name.substr(0, row.name.rfind('.')) == preferred) return here;
    if (!first) first = here;
  }
  return first;
}

}  // namespace

std::optional<NonFinite> find_nonfinite(Model& model, const MicroStep& micro_step) {
  std::ranges::fill(model.gradients(), 0.0f);
  NonFiniteObserver observer;
  try {
    const Observing observing(model, observer);
    if (micro_step.trains)
      model.forward_backward(micro_step.batch.view(), micro_step.scale, micro_step.key, micro_step.part);
    else
      model.losses(micro_step.batch.view());
  } catch (const NonFiniteObserver::Found&) {
  }
  std::optional<NonFinite> found = observer.found();
  const std::string layer = found ? found->layer : std::string();
  const auto parameter = find_parameter(model.param_table(), model.parameters(), layer);
  const auto gradient = find_parameter(model.param_table(), model.gradients(), layer);
  if (!parameter && !gradient) return found;
  if (!found) found.emplace();
  found->parameter = parameter ? parameter->name : gradient->name;
  found->parameter_value = parameter ? parameter->value : gradient->value;
  found->in_gradient = !parameter;
  return found;
}

std::string to_text(const NonFiniteBundle& bundle, std::size_t seq_len) {
  if (!bundle.found) return ": each value for itself is";
  const NonFinite& found = *bundle.found;
  std::string text = ":";
  if (!found.layer.empty())
    text += fmt::format(" {} first in {} {}", found.value, found.layer,
                        name_of(found.pass));
  if (found.row)
    text += fmt::format(", row {} (sequence {}, position {})", *found.row, *found.row / seq_len, *found.row % seq_len);
  if (!bundle.document.empty()) text += " of " + bundle.document;
  if (!found.parameter.empty())
    text += fmt::format("{} {} in {} {}", found.layer.empty() ? "" : ",", found.parameter_value,
                        found.in_gradient ? "the gradient of" : "parameter", found.parameter);
  return text;
}

}  // namespace diecast
