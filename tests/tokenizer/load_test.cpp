#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/byte_tokenizer.hpp>
#include <diecast/tokenizer/char_tokenizer.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/tokenizer/word_tokenizer.hpp>

#include "tests/temporary_folder.hpp"

using namespace diecast;
using diecast::testing::read_file;
using diecast::testing::TemporaryFolder;
using diecast::testing::write_file;
using Json = nlohmann::json;

namespace {

std::vector<std::unique_ptr<Tokenizer>> one_of_each_kind() {
  ThreadPool pool(1);
  PieceCounter pieces(Cut::gpt2, pool);
  pieces.add("the cat and the hat and the bat");
  std::vector<std::unique_ptr<Tokenizer>> tokenizers;
  tokenizers.push_back(std::make_unique<BpeTokenizer>(train_bpe(pieces, 300)));
  tokenizers.push_back(std::make_unique<WordTokenizer>(
      std::vector<std::string>{"<pad>", "<unk>", "<bos>", "<eos>", "the", "cat", "日本", "'"}));
  tokenizers.push_back(std::make_unique<CharTokenizer>(
      std::vector<std::string>{"<|endoftext|>", "<unk>", "t", "\n", " ", "\"", "日", std::string(1, '\0')}));
  tokenizers.push_back(std::make_unique<ByteTokenizer>());
  return tokenizers;
}

Json saved(const Tokenizer& tokenizer) {
  TemporaryFolder folder;
  save_tokenizer(tokenizer, folder / "t.json");
  return Json::parse(read_file(folder / "t.json"));
}

// What is said of a file with this content, with FILE for its path.
std::string refusal(const std::string& content) {
  TemporaryFolder folder;
  const std::string path = (folder / "t.json").string();
  write_file(path, content);
  try {
    load_tokenizer(path);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    std::string message = error.what();
    CHECK(message.find('\n') == message.npos);
    REQUIRE(message.find(path) != message.npos);
    return message.replace(message.find(path), path.size(), "FILE");
  }
  FAIL("no error for ", content);
  return {};
}

template <class F>
std::string refusal_after(std::size_t kind, F change) {
  Json json = saved(*one_of_each_kind()[kind]);
  change(json);
  return refusal(json.dump());
}

constexpr std::size_t kBpe = 0, kWord = 1, kChar = 2;

}  // namespace

TEST_CASE("a tokenizer of any kind is the same when loaded") {
  const std::string text = "the Cat\n \"日本\" \xFF hat\t" + std::string(1, '\0');
  for (const auto& tokenizer : one_of_each_kind()) {
    CAPTURE(tokenizer->kind());
    TemporaryFolder folder;
    save_tokenizer(*tokenizer, folder / "t.json");
    const auto loaded = load_tokenizer(folder / "t.json");
    CHECK(loaded->kind() == tokenizer->kind());
    CHECK(loaded->hash() == tokenizer->hash());
    CHECK(loaded->end_of_text() == tokenizer->end_of_text());
    std::vector<Token> before, after;
    tokenizer->encode(text, before);
    loaded->encode(text, after);
    CHECK(after == before);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  }
}

TEST_CASE("a BPE vocabulary without merges is no byte tokenizer unless its ids are the bytes") {
  TemporaryFolder folder;
  ThreadPool pool(1);
  save_tokenizer(train_bpe(PieceCounter(Cut::gpt2, pool), 257), folder / "t.json");
  CHECK(load_tokenizer(folder / "t.json")->kind() == "bpe");
}

TEST_CASE("saving into a folder that does not exist is an error of the run, for every kind") {
  TemporaryFolder folder;
  for (const auto& tokenizer : one_of_each_kind()) {
    CAPTURE(tokenizer->kind());
    try {
      save_tokenizer(*tokenizer, folder / "missing/t.json");
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::run);
    }
  }
}

TEST_CASE("special entries may stand among the added tokens only, and ids may be in any order") {
  TemporaryFolder folder;
  Json json = saved(*one_of_each_kind()[kWord]);
  json["model"]["vocab"].erase("<eos>");
  std::swap(json["model"]["vocab"]["the"], json["model"]["vocab"]["cat"]);
  write_file(folder / "t.json", json.dump());
  const auto loaded = load_tokenizer(folder / "t.json");
  CHECK(loaded->end_of_text() == 3);
  CHECK(loaded->token_text(4) == "cat");
}

TEST_CASE("what is no tokenizer of a known kind is refused with the place") {
  CHECK(refusal("").starts_with("not a tokenizer: parse error at line 1, column 1"));
  CHECK(refusal("\"a\"").starts_with("Diecast knows no such tokenizer, FILE: /model/type"));
  CHECK(refusal("[1]").starts_with("Diecast knows no such tokenizer, FILE: /model/type"));
  CHECK(refusal_after(kBpe, [](Json& json) { json["model"]["type"] = "Unigram"; }) ==
        "Diecast knows no such tokenizer, FILE: /model/type, use one that has \"BPE\" or \"WordLevel\" there");
  CHECK(refusal_after(kBpe, [](Json& json) { json["normalizer"] = {{"type", "Lowercase"}}; })
            .starts_with("the tokenizer is not GPT-2's kind of byte-level BPE, FILE: /normalizer"));
}

TEST_CASE("words and characters that are cut in another way are refused") {
  const char* message =
      "the tokenizer cuts text neither into words nor into characters as Diecast does, FILE: /pre_tokenizer, use one "
      "that Diecast wrote";
  for (const std::size_t kind : {kWord, kChar}) {
    CAPTURE(kind);
    CHECK(refusal_after(kind, [](Json& json) { json["normalizer"] = {{"type", "NFC"}}; }) == message);
    CHECK(refusal_after(kind, [](Json& json) { json["pre_tokenizer"] = {{"type", "Whitespace"}}; }) == message);
    CHECK(refusal_after(kind, [](Json& json) { json["pre_tokenizer"]["pattern"]["Regex"] = "\\w+"; }) == message);
    CHECK(refusal_after(kind, [](Json& json) { json.erase("pre_tokenizer"); }) == message);
  }
}

TEST_CASE("a vocabulary with gaps, doubles or without its special entries is refused") {
  const auto change = [](const char* pointer, const Json& value) {
    return refusal_after(kWord, [&](Json& json) { json[Json::json_pointer(pointer)] = value; });
  };
  CHECK(change("/model/vocab/the", 90) == "no token has the id 4, FILE: /model/vocab, leave no gaps");
  CHECK(change("/model/vocab/the", 5).starts_with("two tokens have the id 5, FILE: /model/vocab/\""));
  CHECK(change("/model/vocab/the", "4") == "a token id must be a whole number, FILE: /model/vocab/\"the\", correct it");
  CHECK(change("/model/vocab/the", -4) == "a token id must be a whole number, FILE: /model/vocab/\"the\", correct it");
  CHECK(change("/model/vocab/<eos>", 77) ==
        "an added token has another id in /added_tokens, FILE: /model/vocab/\"<eos>\", make both equal");
  CHECK(change("/model/vocab", Json::array({"a"})).starts_with("not a tokenizer: this must be an object, FILE: /model/vocab"));
  CHECK(change("/added_tokens/0/content", 7) ==
        "an added token needs a text, FILE: /added_tokens/0/content, correct it");
  CHECK(change("/added_tokens", nullptr).starts_with("not a tokenizer: this must be an array, FILE: /added_tokens"));
  CHECK(change("/model/unk_token", "?") ==
        "pieces without an entry must become \"<unk>\", FILE: /model/unk_token, correct it");
  const auto rename = [](const char* from, const char* to) {
    return [=](Json& json) {
      json["model"]["vocab"][to] = json["model"]["vocab"][from];
      json["model"]["vocab"].erase(from);
      for (auto& added : json["added_tokens"])
        if (added["content"] == from) added["content"] = to;
    };
  };
  CHECK(refusal_after(kWord, rename("<eos>", "<end>")) == "no entry is \"<eos>\", FILE: /model/vocab, add it");
  CHECK(refusal_after(kChar, rename("<|endoftext|>", "<end>")) ==
        "no entry is \"<|endoftext|>\", FILE: /model/vocab, add it");
}

TEST_CASE("a file that cannot be read or is too large is a usage error") {
  TemporaryFolder folder;
  const auto message = "cannot read the tokenizer, " + (folder / "none").string() + ", check that the file exists";
  CHECK_THROWS_WITH_AS(load_tokenizer(folder / "none"), message.c_str(), Error);
  CHECK_THROWS_AS(load_tokenizer(folder.path()), Error);
  write_file(folder / "large.json", "{");
  std::filesystem::resize_file(folder / "large.json", (std::uintmax_t{256} << 20) + 1);
  CHECK_THROWS_WITH_AS(load_tokenizer(folder / "large.json"),
                       doctest::Contains("not a tokenizer: the file is larger than 256 MiB"), Error);
}
