#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/vocabulary_builder.hpp>

using namespace diecast;

namespace {

using Strings = std::vector<std::string>;

std::unique_ptr<Tokenizer> build(const VocabularyOptions& options, const std::vector<std::string_view>& texts,
                                 std::size_t threads = 1) {
  ThreadPool pool(threads);
  VocabularyBuilder builder(options, pool);
  builder.add(texts);
  return builder.build();
}

Strings entries(const Tokenizer& tokenizer) {
  Strings texts;
  for (Token token = 0; token < tokenizer.vocab_size(); ++token) texts.emplace_back(tokenizer.token_text(token));
  return texts;
}

}  // namespace

TEST_CASE("words are entries by frequency, of equals the lesser first, after the special ones") {
  const auto tokenizer = build({.kind = "word", .size = 8}, {"b A a", "The the THE a; c", "b c d"});
  CHECK(entries(*tokenizer) == Strings{"<pad>", "<unk>", "<bos>", "<eos>", "a", "the", "b", "c"});
}

TEST_CASE("characters are entries by frequency, and bytes that are not UTF-8 are none") {
  const auto tokenizer = build({.kind = "char", .size = 300}, {"日日日aab\xFF\xFF\xFF\xFF"});
  CHECK(entries(*tokenizer) == Strings{"<|endoftext|>", "<unk>", "日", "a", "b"});
}

TEST_CASE("what is rarer than asked for is no entry") {
  CHECK(entries(*build({.kind = "word", .size = 50, .min_frequency = 2}, {"a b a b c"})) ==
        Strings{"<pad>", "<unk>", "<bos>", "<eos>", "a", "b"});
}

TEST_CASE("bpe merges what occurs twice, as train_bpe does") {
  const std::string text = "the cat and the hat and the bat";
  ThreadPool pool(1);
  PieceCounter pieces(Cut::gpt2, pool);
  pieces.add(text);
  CHECK(build({.kind = "bpe", .size = 280}, {text})->hash() == train_bpe(pieces, 280).hash());
  CHECK(build({.kind = "bpe", .size = 280, .min_frequency = 3}, {text})->hash() == train_bpe(pieces, 280, 3).hash());
}

TEST_CASE("bytes need no text") {
  ThreadPool pool(1);
  const VocabularyBuilder builder({.kind = "byte", .size = 257}, pool);
  CHECK_FALSE(builder.needs_text());
  CHECK(builder.build()->kind() == "byte");
}

TEST_CASE("the result depends neither on threads nor on how texts are handed over") {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "w" + std::to_string(i * i % 331) + (i % 7 == 0 ? "\n" : " ");
  const std::string_view view = text;
  for (const char* kind : {"bpe", "word", "char"}) {
    CAPTURE(kind);
    const VocabularyOptions options{.kind = kind, .size = 400};
    const auto expected = build(options, {view.substr(0, 9000), view.substr(9000)})->hash();
    for (const std::size_t threads : {2, 3}) {
      ThreadPool pool(threads);
      VocabularyBuilder builder(options, pool);
      for (const std::string_view part : {view.substr(9000), view.substr(0, 9000)}) builder.add({&part, 1});
      CHECK(builder.build()->hash() == expected);
      CHECK(builder.bytes() == text.size());
    }
  }
}

TEST_CASE("a vocabulary too small for its kind is a usage error") {
  ThreadPool pool(1);
  for (const auto& row : {std::pair{"bpe", 257}, {"byte", 257}, {"word", 5}, {"char", 3}}) {
    const char* const kind = row.first;
    const int least = row.second;
    CAPTURE(kind);
    const auto size = static_cast<std::size_t>(least);
    CHECK_NOTHROW(VocabularyBuilder({.kind = kind, .size = size}, pool));
    CHECK_THROWS_WITH_AS(VocabularyBuilder({.kind = kind, .size = size - 1}, pool),
                         doctest::Contains(("ask for at least " + std::to_string(least)).c_str()), Error);
  }
}

TEST_CASE("a text without pieces is a usage error") {
  CHECK_THROWS_WITH_AS(build({.kind = "word", .size = 50}, {" ... \n"}), doctest::Contains("the text has no word"), Error);
  CHECK_THROWS_WITH_AS(build({.kind = "char", .size = 50}, {"\xFF"}), doctest::Contains("the text has no char"), Error);
}
