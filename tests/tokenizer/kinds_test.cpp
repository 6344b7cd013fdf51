#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_tokenizer.hpp>
#include <diecast/tokenizer/char_tokenizer.hpp>
#include <diecast/tokenizer/word_tokenizer.hpp>

using namespace diecast;

namespace {

using Tokens = std::vector<Token>;

Tokens encode(const Tokenizer& tokenizer, std::string_view text) {
  Tokens tokens;
  tokenizer.encode(text, tokens);
  return tokens;
}

WordTokenizer words() {
  return WordTokenizer({"<pad>", "<unk>", "<bos>", "<eos>", "the", "don't", "über", "7th", "i", "日本"});
}

CharTokenizer characters() { return CharTokenizer({"<|endoftext|>", "<unk>", "a", "\n", "é", "日", "😀", "<"}); }

}  // namespace

TEST_CASE("words are lower-cased runs of letters, digits and apostrophes") {
  CHECK(encode(words(), "The, the!don't\n(ÜBER) 7th") == Tokens{4, 4, 5, 6, 7});
  CHECK(encode(words(), "日本 日本。日本") == Tokens{9, 9, 9});
  CHECK(encode(words(), " \n-- ... ").empty());
  CHECK(encode(words(), "").empty());
}

TEST_CASE("a capital that has no lower-case letter of its own is spelled out, and marks are no letters") {
  CHECK(encode(words(), "İ") == Tokens{8});  // i and a dot above, a mark
}

TEST_CASE("a word without an entry is unknown, one for each") {
  CHECK(words().unknown() == 1);
  CHECK(encode(words(), "the cat sat") == Tokens{4, 1, 1});
}

TEST_CASE("bytes that are not UTF-8 end a word") {
  CHECK(encode(words(), "the\xFFthe\xC3") == Tokens{4, 4});
}

TEST_CASE("no text encodes to a special word") {
  CHECK(encode(words(), "<eos> <pad>") == Tokens{1, 1});
  CHECK(words().end_of_text() == 3);
}

TEST_CASE("words are decoded with spaces between them") {
  CHECK(words().decode(Tokens{4, 5, 1, 3}) == "the don't <unk> <eos>");
  CHECK(words().decode(Tokens{}).empty());
  CHECK(words().separator() == " ");
  CHECK_FALSE(words().is_lossless());
}

TEST_CASE("characters are Unicode scalar values") {
  CHECK(encode(characters(), "aé\n日a😀") == Tokens{2, 4, 3, 5, 2, 6});
  CHECK(characters().decode(encode(characters(), "aé\n日a😀")) == "aé\n日a😀");
  CHECK(encode(characters(), "").empty());
}

TEST_CASE("a character without an entry and a byte that is not UTF-8 are unknown") {
  CHECK(encode(characters(), "ab語") == Tokens{2, 1, 1});
  CHECK(encode(characters(), "\xFF" "a\xE6\x97" "a") == Tokens{1, 2, 1, 1, 2});
  CHECK(characters().decode(Tokens{2, 1}) == "a<unk>");
  CHECK_FALSE(characters().is_lossless());
}

TEST_CASE("no text encodes to a special character") {
  const Tokens tokens = encode(characters(), "<|endoftext|><unk>");
  CHECK(tokens.size() == 18);
  CHECK(tokens[0] == 7);
  for (const Token token : tokens) CHECK(token != characters().end_of_text());
}

TEST_CASE("bytes are their own ids and come back, whatever they are") {
  const ByteTokenizer bytes;
  std::string text;
  for (int i = 0; i < 512; ++i) text += static_cast<char>(i * 7);
  const Tokens tokens = encode(bytes, text);
  REQUIRE(tokens.size() == text.size());
  CHECK(tokens[37] == static_cast<unsigned char>(text[37]));
  CHECK(bytes.decode(tokens) == text);
  CHECK(bytes.is_lossless());
  CHECK(bytes.vocab_size() == 257);
  CHECK(encode(bytes, kEndOfText).size() == kEndOfText.size());
  CHECK(bytes.token_text(bytes.end_of_text()) == kEndOfText);
}

TEST_CASE_TEMPLATE("encode appends", T, WordTokenizer, CharTokenizer, ByteTokenizer) {
  const auto tokenizer = [] {
    if constexpr (std::is_same_v<T, ByteTokenizer>)
      return ByteTokenizer();
    else
      return T({"<unk>", "<eos>", "<|endoftext|>"});
  }();
  Tokens tokens{9};
  tokenizer.encode("a", tokens);
  CHECK(tokens.size() == 2);
  CHECK(tokens[0] == 9);
}

TEST_CASE("an id outside the vocabulary is a usage error") {
  CHECK_THROWS_WITH_AS(words().decode(Tokens{10}), "token 10 is not in the vocabulary, use ids from 0 to 9", Error);
  CHECK_THROWS_WITH_AS(characters().token_text(8), "token 8 is not in the vocabulary, use ids from 0 to 7", Error);
  CHECK_THROWS_WITH_AS(ByteTokenizer().token_text(257), "token 257 is not in the vocabulary, use ids from 0 to 256",
                       Error);
}

TEST_CASE("the hash tells apart entries, their order and kinds") {
  const std::vector<std::string> both{"<|endoftext|>", "<unk>", "<eos>", "a", "b"};
  const std::vector<std::string> other{"<|endoftext|>", "<unk>", "<eos>", "b", "a"};
  CHECK(WordTokenizer(both).hash() == WordTokenizer(both).hash());
  CHECK(WordTokenizer(both).hash() != WordTokenizer(other).hash());
  CHECK(WordTokenizer(both).hash() != CharTokenizer(both).hash());
  CHECK(ByteTokenizer().hash() != CharTokenizer(both).hash());
}

TEST_CASE("entries without the special ones, or twice the same, are refused") {
  CHECK_THROWS_AS(WordTokenizer({"<unk>", "a"}), std::invalid_argument);
  CHECK_THROWS_AS(CharTokenizer({"<|endoftext|>", "a"}), std::invalid_argument);
  CHECK_THROWS_AS(WordTokenizer({"<unk>", "<eos>", "a", "a"}), std::invalid_argument);
}

TEST_CASE("a moved tokenizer encodes as before") {
  WordTokenizer first = words();
  const WordTokenizer second = std::move(first);
  CHECK(encode(second, "the i") == Tokens{4, 8});
}
