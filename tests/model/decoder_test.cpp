#include <doctest/doctest.h>

#include <diecast/core/error.hpp>

#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/model/model_fixture.hpp"
#include "tests/model/sharp_weights.hpp"
#include "tests/tested_targets.hpp"

namespace diecast {
namespace {

std::vector<float> copy(std::span<const float> logits) { return {logits.begin(), logits.end()}; }

std::span<const Token> first_sequence(const ModelFixture& f) {
  return std::span<const Token>(f.inputs).first(active_preset().seq_len);
}

TEST_CASE("logits token by token are those of the whole sequence at every position, on every target") {
  const Preset& p = active_preset();
  ModelFixture first;
  sharpen(*first.model);
  const auto exact =
      reference::reference_logits(p, first.by_name(first.model->parameters()), first_sequence(first));
  // tolerance() is the size of an error; the largest of thousands is four times that.
  const double size = norm(exact) / std::sqrt(static_cast<double>(exact.size()));
  const double bound = 4 * tolerance(1e-5) * size;
  for (const std::string& target : tested_targets()) {
    CAPTURE(target);
    ModelFixture f(target);
    sharpen(*f.model);
    const auto decoder = f.model->make_decoder();
    for (std::size_t t = 0; t < p.seq_len; ++t) {
      CAPTURE(t);
      CHECK(decoder->position() == t);
      const std::span<const float> logits = decoder->next(f.inputs[t]);
      REQUIRE(logits.size() == p.vocab_size);
      double worst = 0;
      for (std::size_t v = 0; v < p.vocab_size; ++v) {
        const double off = std::abs(logits[v] - exact[t * p.vocab_size + v]);
        if (!(off <= worst)) worst = off;
      }
      CHECK(worst <= bound);
    }
  }
}

TEST_CASE("reset forgets the sequence") {
  ModelFixture f;
  const auto decoder = f.model->make_decoder();
  const auto first = copy(decoder->next(f.inputs[0]));
  const auto second = copy(decoder->next(f.inputs[1]));
  decoder->next(f.inputs[2]);
  decoder->reset();
  CHECK(decoder->position() == 0);
  CHECK(copy(decoder->next(f.inputs[0])) == first);
  CHECK(copy(decoder->next(f.inputs[1])) == second);
  CHECK(first != second);
}

TEST_CASE("training between its tokens does not disturb a decoder") {
  ModelFixture f;
  const auto decoder = f.model->make_decoder();
  std::vector<std::vector<float>> expected;
  for (std::size_t t = 0; t < 3; ++t) expected.push_back(copy(decoder->next(f.inputs[t])));
  decoder->reset();
  for (std::size_t t = 0; t < 3; ++t) {
    CHECK(copy(decoder->next(f.inputs[t])) == expected[t]);
    f.model->forward_backward(f.batch(), 1.0f, {});
  }
}

TEST_CASE("what a caller can get wrong at the border is an error") {
  ModelFixture f;
  const Preset& p = active_preset();
  const auto decoder = f.model->make_decoder();
  CHECK_THROWS_AS(decoder->next(static_cast<Token>(p.vocab_size)), Error);
  CHECK_THROWS_AS(decoder->next(kIgnoredToken), Error);
  for (std::size_t t = 0; t < p.seq_len; ++t) decoder->next(f.inputs[t]);
  CHECK_THROWS_AS(decoder->next(0), Error);

  const TokenBatch batch = f.batch();
  CHECK_THROWS_AS(f.model->loss({batch.inputs.first(p.rows() - 1), batch.targets}), Error);
  f.targets.back() = static_cast<Token>(p.vocab_size);
  CHECK_THROWS_AS(f.model->forward_backward(f.batch(), 1.0f, {}), Error);
  f.targets.back() = 0;
  f.inputs.back() = kIgnoredToken;
  CHECK_THROWS_AS(f.model->loss(f.batch()), Error);
}

TEST_CASE("a decoder reads the parameters as they are") {
  ModelFixture f;
  const auto decoder = f.model->make_decoder();
  const auto before = copy(decoder->next(f.inputs[0]));
  for (float& value : f.model->parameters()) value *= 2;
  f.model->parameters_changed();
  decoder->reset();
  const auto after = copy(decoder->next(f.inputs[0]));
  CHECK(after != before);
  CHECK(copy(f.model->make_decoder()->next(f.inputs[0])) == after);
}

}  // namespace
}  // namespace diecast
