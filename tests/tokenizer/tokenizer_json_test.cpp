#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/tokenizer_json.hpp>

#include "tests/temporary_folder.hpp"

using namespace diecast;
using diecast::testing::read_file;
using diecast::testing::TemporaryFolder;
using diecast::testing::write_file;
using Json = nlohmann::json;

namespace {

BpeTokenizer small_tokenizer() {
  ThreadPool pool(1);
  PieceCounter pieces(Cut::gpt2, pool);
  pieces.add("the cat and the hat and the bat  日本 日本 \xFF\xFE \xFF\xFE");
  return train_bpe(pieces, 300);
}

Json as_json(const BpeTokenizer& tokenizer) {
  TemporaryFolder folder;
  save_tokenizer_json(tokenizer, folder / "t.json");
  return Json::parse(read_file(folder / "t.json"));
}

BpeTokenizer load(const std::string& content) {
  TemporaryFolder folder;
  write_file(folder / "t.json", content);
  return load_tokenizer_json(folder / "t.json");
}

// The message of the error that loading `content` must end in, with FILE for the path.
std::string json_refusal(const std::string& content) {
  TemporaryFolder folder;
  write_file(folder / "t.json", content);
  try {
    load_tokenizer_json(folder / "t.json");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    std::string message = error.what();
    CHECK(message.find('\n') == message.npos);
    const auto path = (folder / "t.json").string();
    REQUIRE(message.find(path) != message.npos);
    return message.replace(message.find(path), path.size(), "FILE");
  }
  FAIL("no error for ", content);
  return {};
}

// The same after one change to a good file.
template <class F>
std::string refusal_after(F change) {
  Json json = as_json(small_tokenizer());
  change(json);
  return json_refusal(json.dump());
}

}  // namespace

TEST_CASE("a saved tokenizer is the same when loaded") {
  TemporaryFolder folder;
  const auto tokenizer = small_tokenizer();
  REQUIRE(tokenizer.merges().size() > 5);
  save_tokenizer_json(tokenizer, folder / "t.json");
  const auto loaded = load_tokenizer_json(folder / "t.json");
  CHECK(loaded.hash() == tokenizer.hash());
  CHECK(loaded.end_of_text() == tokenizer.end_of_text());
  std::vector<Token> before, after;
  tokenizer.encode("the cat  日本 \xFF\xFE", before);
  loaded.encode("the cat  日本 \xFF\xFE", after);
  CHECK(after == before);
}

TEST_CASE("saving replaces a file and leaves nothing else behind") {
  TemporaryFolder folder;
  write_file(folder / "t.json", "old");
  save_tokenizer_json(small_tokenizer(), folder / "t.json");
  CHECK(load_tokenizer_json(folder / "t.json").hash() == small_tokenizer().hash());
  const std::filesystem::directory_iterator files(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("saving into a folder that does not exist is an error of the run") {
  TemporaryFolder folder;
  try {
    save_tokenizer_json(small_tokenizer(), folder / "missing/t.json");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run);
    CHECK(std::string(error.what()).starts_with("cannot write the tokenizer: cannot create the file: No such file"));
  }
}

TEST_CASE("the file says what Hugging Face's readers need") {
  const Json json = as_json(small_tokenizer());
  CHECK(json["version"] == "1.0");
  CHECK(json["model"]["type"] == "BPE");
  CHECK(json["model"]["vocab"]["Ġthe"].is_number_unsigned());
  CHECK(json["model"]["merges"][0].is_array());
  CHECK(json["added_tokens"][0]["content"] == "<|endoftext|>");
  CHECK(json["added_tokens"][0]["special"] == true);
  for (const auto* key : {"pre_tokenizer", "post_processor", "decoder"})
    CHECK(json[key]["type"] == "ByteLevel");
  CHECK(json["pre_tokenizer"]["add_prefix_space"] == false);
}

TEST_CASE("merges can also be strings") {
  Json json = as_json(small_tokenizer());
  for (auto& merge : json["model"]["merges"])
    merge = merge[0].get<std::string>() + ' ' + merge[1].get<std::string>();
  CHECK(load(json.dump()).hash() == small_tokenizer().hash());
}

TEST_CASE("end-of-text can stand among the added tokens only") {
  Json json = as_json(small_tokenizer());
  json["model"]["vocab"].erase("<|endoftext|>");
  CHECK(load(json.dump()).hash() == small_tokenizer().hash());
}

TEST_CASE("end-of-text can be the last token, and others may be added") {
  Json json = as_json(small_tokenizer());
  auto& vocabulary = json["model"]["vocab"];
  const std::size_t size = vocabulary.size();
  vocabulary["<|endoftext|>"] = size;
  json["added_tokens"] = {{{"id", size}, {"content", "<|endoftext|>"}}, {{"id", 0}, {"content", "<パッド>"}}};
  const auto tokenizer = load(json.dump());
  CHECK(tokenizer.end_of_text() == size);
  CHECK(tokenizer.token_text(0) == "<パッド>");
}

TEST_CASE("an added token that is the bytes of an entry is kept apart from it") {
  Json json = as_json(small_tokenizer());
  const std::size_t size = json["model"]["vocab"].size();
  for (const char* content : {"\n", " the"})
    json["added_tokens"].push_back({{"id", json["added_tokens"].size() - 1 + size}, {"content", content}});
  const auto tokenizer = load(json.dump());
  REQUIRE(tokenizer.vocab_size() == size + 2);
  const auto again = load(as_json(tokenizer).dump());
  CHECK(again.hash() == tokenizer.hash());
  CHECK(again.token_text(static_cast<Token>(size)) == "\n");
}

TEST_CASE("what is not JSON or not a tokenizer is refused") {
  CHECK(json_refusal("").starts_with("not a tokenizer: parse error at line 1, column 1"));
  CHECK(json_refusal("{\n \"model\": }").starts_with("not a tokenizer: parse error at line 2, column 11"));
  CHECK(json_refusal("[]").find("FILE: /model/type, use one that has \"BPE\" there") != std::string::npos);
  CHECK(refusal_after([](Json& json) { json.erase("added_tokens"); }) ==
        "not a tokenizer: this must be an array, FILE: /added_tokens, use a tokenizer.json of Hugging Face tokenizers "
        "or Diecast");
}

TEST_CASE("a file that cannot be read is a usage error") {
  TemporaryFolder folder;
  const auto message =
      "cannot read the tokenizer, " + (folder / "none").string() + ", check that the file exists";
  CHECK_THROWS_WITH_AS(load_tokenizer_json(folder / "none"), message.c_str(), Error);
  CHECK_THROWS_AS(load_tokenizer_json(folder.path()), Error);
}

TEST_CASE("a tokenizer that would encode in another way is refused") {
  const auto refused = [](const char* pointer, const Json& value) {
    const auto message = refusal_after([&](Json& json) { json[Json::json_pointer(pointer)] = value; });
    return message.starts_with("the tokenizer is not GPT-2's kind of byte-level BPE, FILE: " +
                               std::string(pointer));
  };
  CHECK(refused("/model/type", "WordPiece"));
  CHECK(refused("/model/byte_fallback", true));
  CHECK(refused("/model/ignore_merges", true));
  CHECK(refused("/model/dropout", 0.1));
  CHECK(refused("/normalizer", {{"type", "NFC"}}));
  CHECK(refused("/pre_tokenizer/type", "Whitespace"));
  CHECK(refused("/pre_tokenizer/add_prefix_space", true));
  CHECK(refused("/pre_tokenizer/use_regex", false));
}

TEST_CASE("ids must be whole numbers without gaps or doubles") {
  CHECK(refusal_after([](Json& json) { json["model"]["vocab"]["a"] = 900; }) ==
        "no token has the id 65, FILE: /model/vocab, leave no gaps");
  CHECK(refusal_after([](Json& json) { json["model"]["vocab"]["a"] = -1; }) ==
        "a token id must be a whole number, FILE: /model/vocab/\"a\", correct it");
  CHECK(refusal_after([](Json& json) { json["model"]["vocab"]["b"] = 65; }) ==
        "two tokens have the id 65, FILE: /model/vocab/\"b\", give each token an id of its own");
  CHECK(refusal_after([](Json& json) { json["model"]["vocab"]["<|endoftext|>"] = 300; }) ==
        "an added token has another id in /added_tokens, FILE: /model/vocab/\"<|endoftext|>\", make both "
        "equal");
}

TEST_CASE("tokens must cover the bytes and be spelled in them") {
  CHECK(refusal_after([](Json& json) {
          json["model"]["vocab"]["日"] = 300;
        }).starts_with("a token is not spelled in GPT-2's byte alphabet, FILE: /model/vocab/\"日\""));
  const auto rename_q = [](Json& json) {
    json["model"]["vocab"]["qq"] = json["model"]["vocab"]["q"];
    json["model"]["vocab"].erase("q");
  };
  CHECK(refusal_after(rename_q).starts_with("no token for the byte \"q\", FILE: /model/vocab"));
}

TEST_CASE("a tokenizer without end-of-text is refused") {
  const auto rename = [](Json& json) {
    json["added_tokens"][0]["content"] = "<s>";
    json["model"]["vocab"].erase("<|endoftext|>");
  };
  CHECK(refusal_after(rename) == "no end-of-text token, FILE: /added_tokens, add \"<|endoftext|>\"");
}

TEST_CASE("a merge that makes an added token of other bytes is refused") {
  const auto add = [](Json& json) {
    const std::size_t size = json["model"]["vocab"].size();
    json["added_tokens"].push_back({{"id", size}, {"content", "Ã©"}});
    json["model"]["merges"][0] = {"Ã", "©"};
  };
  CHECK(refusal_after(add) ==
        "an added token is spelled \"Ã©\", FILE: /model/merges/0, remove the merge or the added token");
}

TEST_CASE("merges must be pairs of known tokens") {
  const auto after = [](const Json& merge) {
    return refusal_after([&](Json& json) { json["model"]["merges"][1] = merge; });
  };
  CHECK(after({"a", "zzz"}) ==
        "no token is spelled \"zzz\", FILE: /model/merges/1, add it to the vocabulary or remove the merge");
  CHECK(after({"q", "q"}).starts_with("no token is spelled \"qq\", FILE: /model/merges/1"));
  for (const Json& merge :
       {Json("ab"), Json(7), Json::array({"a"}), Json::array({"a", "b", "c"}), Json::array({"a", 1})})
    CHECK(after(merge) ==
          "a merge must be two tokens, FILE: /model/merges/1, write [\"a\", \"b\"] or \"a b\"");
}
