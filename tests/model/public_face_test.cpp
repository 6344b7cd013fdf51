#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/data/stories.hpp>
#include <diecast/diecast.hpp>

namespace diecast {
namespace {

TEST_CASE("a program that includes diecast.hpp alone can train the model") {
  const Preset& p = active_preset();
  if (p.vocab_size < 300) return;  // the tokenizer needs 256 bytes and some merges
  ThreadPool pool;
  PieceCounter pieces(Cut::gpt2, pool);
  for (std::uint64_t i = 0; i < 50; ++i) pieces.add(story(1, i));
  const BpeTokenizer tokenizer = train_bpe(pieces, p.vocab_size);
  std::vector<Token> tokens;
  for (std::uint64_t i = 0; i < 50; ++i) tokenizer.encode(story(1, i), tokens);

  const auto model = make_model(pool);
  model->initialise(1);
  const auto optimizer = make_optimizer(
      model->param_table(), {model->parameters(), model->gradients(), model->first_moments(), model->second_moments()},
      {}, pool, span_ops(model->target()));
  const BatchStream stream({{TokenSet(tokens)}},
                           {.seq_len = p.seq_len,
                            .batch_size = p.batch_size,
                            .end_of_text = tokenizer.end_of_text(),
                            .seed = 1});
  Batch batch;
  double first = 0, last = 0;
  for (std::uint64_t step = 0; step < 20; ++step) {
    stream.fill(step, batch);
    optimizer->zero_gradients();
    last = model->forward_backward(batch.view(), 1.0f / static_cast<float>(p.rows()), {.seed = 1, .step = step}).mean();
    if (step == 0) first = last;
    optimizer->update(step + 1, 3e-3, optimizer->gradient_norm());
    model->parameters_changed();
  }
  CHECK(last < first - 0.5);
}

}  // namespace
}  // namespace diecast
