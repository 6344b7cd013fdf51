#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <diecast/core/error.hpp>
#include <string>
#include <vector>

#include "tests/model/model_fixture.hpp"

namespace diecast {
namespace {

// Each sequence as a document of `first` tokens and one of the rest.
std::vector<std::uint32_t> cut_at(std::uint32_t first) {
  const Preset& p = active_preset();
  std::vector<std::uint32_t> lengths;
  for (std::size_t b = 0; b < p.batch_size; ++b)
    lengths.insert(lengths.end(), {first, static_cast<std::uint32_t>(p.seq_len) - first});
  return lengths;
}

TEST_CASE("a document's losses do not depend on the one before it, and without documents they do") {
  ModelFixture f;
  constexpr std::uint32_t kFirst = 5;
  const auto documents = cut_at(kFirst);
  // Only the second documents count.
  for (std::size_t i = 0; i < f.targets.size(); ++i)
    if (i % active_preset().seq_len < kFirst) f.targets[i] = kIgnoredToken;
  const double alone = f.model->loss({f.inputs, f.targets, documents}).sum;
  const double joined = f.model->loss(f.batch()).sum;
  for (std::size_t i = 0; i < f.inputs.size(); ++i)
    if (i % active_preset().seq_len < kFirst) f.inputs[i] = (f.inputs[i] + 1) % static_cast<Token>(active_preset().vocab_size);
  CHECK(f.model->loss({f.inputs, f.targets, documents}).sum == alone);
  CHECK(f.model->loss(f.batch()).sum != joined);
}

TEST_CASE("whole sequences as documents are what no documents are") {
  ModelFixture f;
  const std::vector<std::uint32_t> whole(active_preset().batch_size, static_cast<std::uint32_t>(active_preset().seq_len));
  const float scale = 0.25f;
  CHECK(f.model->forward_backward({f.inputs, f.targets, whole}, scale, {}).sum ==
        f.model->forward_backward(f.batch(), scale, {}).sum);
}

TEST_CASE("a batch taken one sequence at a time has the loss and the gradients of the whole") {
  // Dropout's masks follow a row's place in the batch.
  if (active_preset().dropout > 0) return;
  ModelFixture whole, pieces;
  const double expected = whole.model->forward_backward(whole.batch(), 1, {}).sum;
  CHECK(pieces.model->forward_backward_by_sequence(pieces.batch(), 1, {}).sum == doctest::Approx(expected).epsilon(1e-6));
  auto difference = pieces.by_name(pieces.model->gradients());
  for (const auto& tensor : whole.by_name(whole.model->gradients())) {
    const std::string& name = tensor.first;
    const std::vector<double>& gradient = tensor.second;
    CAPTURE(name);
    for (std::size_t i = 0; i < gradient.size(); ++i) difference[name][i] -= gradient[i];
    CHECK(norm(difference[name]) <= tolerance(1e-5) * norm(gradient));
  }
}

TEST_CASE("documents that cross a sequence, are empty or do not fill the batch are refused") {
  ModelFixture f;
  const auto loss_of = [&](std::vector<std::uint32_t> documents) {
    return f.model->loss({f.inputs, f.targets, documents}).sum;
  };
  auto crossing = cut_at(5), empty = cut_at(5), short_of = cut_at(5), beyond = cut_at(5);
  crossing[1] += 1;
  empty.insert(empty.begin(), 0);
  short_of.pop_back();
  beyond.push_back(1);
  CHECK_THROWS_AS(loss_of(crossing), Error);
  CHECK_THROWS_AS(loss_of(empty), Error);
  CHECK_THROWS_AS(loss_of(short_of), Error);
  CHECK_THROWS_AS(loss_of(beyond), Error);
}

}  // namespace
}  // namespace diecast
