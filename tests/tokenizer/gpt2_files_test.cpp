#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>
#include <diecast/tokenizer/gpt2_files.hpp>

#include "tests/temporary_folder.hpp"

using namespace diecast;
using diecast::testing::TemporaryFolder;
using diecast::testing::write_file;
using Json = nlohmann::json;

namespace {

// GPT-2's order: the bytes, the products of the merges, end-of-text.
struct Gpt2Files {
  Json vocabulary = Json::object();
  std::string merges = "#version: 0.2\n";

  Gpt2Files() {
    std::size_t id = 0;
    for (const auto byte : byte_alphabet()) vocabulary[spell_bytes(std::string(1, static_cast<char>(byte)))] = id++;
    for (const auto& [left, right] : {std::pair{"t", "h"}, {"th", "e"}, {"Ġ", "the"}, {"Ã", "©"}}) {
      vocabulary[std::string(left) + right] = id++;
      merges += std::string(left) + ' ' + right + '\n';
    }
    vocabulary["<|endoftext|>"] = id;
  }
};

BpeTokenizer load(const Gpt2Files& files) {
  TemporaryFolder folder;
  write_file(folder / "vocab.json", files.vocabulary.dump());
  write_file(folder / "merges.txt", files.merges);
  return load_gpt2_files(folder / "vocab.json", folder / "merges.txt");
}

// What is said of the files, without the folder.
std::string refusal(const Gpt2Files& files) {
  TemporaryFolder folder;
  const std::string prefix = folder.path().string() + "/";
  write_file(folder / "vocab.json", files.vocabulary.dump());
  write_file(folder / "merges.txt", files.merges);
  try {
    load_gpt2_files(folder / "vocab.json", folder / "merges.txt");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    std::string message = error.what();
    for (auto at = message.find(prefix); at != message.npos; at = message.find(prefix)) message.erase(at, prefix.size());
    return message;
  }
  FAIL("no error");
  return {};
}

std::string refusal_of_line(const std::string& line) {
  Gpt2Files files;
  files.merges += line + '\n';
  return refusal(files);
}

}  // namespace

TEST_CASE("GPT-2's two files make its tokenizer") {
  const BpeTokenizer tokenizer = load({});
  CHECK(tokenizer.vocab_size() == 261);
  CHECK(tokenizer.end_of_text() == 260);
  std::vector<Token> tokens;
  tokenizer.encode("the the th é", tokens);
  CHECK(tokens == std::vector<Token>{257, 258, 220, 256, 220, 259});
  CHECK(tokenizer.decode(tokens) == "the the th é");
}

TEST_CASE("merges may come without a version, with empty lines and with carriage returns") {
  Gpt2Files files;
  files.merges = "t h\r\n\r\nth e\r\nĠ the\r\nÃ ©";
  CHECK(load(files).hash() == load({}).hash());
}

TEST_CASE("a vocabulary of GPT-2 that is wrong is refused with the entry") {
  Gpt2Files files;
  files.vocabulary["日"] = 261;
  CHECK(refusal(files) ==
        "a token is not spelled in GPT-2's byte alphabet, vocab.json: /\"日\", use a byte-level tokenizer");
  files = {};
  files.vocabulary["the"] = 900;
  CHECK(refusal(files).starts_with("no token has the id 257, vocab.json"));
  files = {};
  files.vocabulary["the"] = "257";
  CHECK(refusal(files).starts_with("a token id must be a whole number, vocab.json: /\"the\""));
  files = {};
  files.vocabulary.erase("<|endoftext|>");
  CHECK(refusal(files) == "no end-of-text token, vocab.json, add \"<|endoftext|>\"");
  files.vocabulary = Json::array({1});
  CHECK(refusal(files).starts_with("not a tokenizer: this must be an object, vocab.json"));
}

TEST_CASE("a merge that is none is refused with its line") {
  for (const char* line : {"the", "t h e", " the", "the ", "t  h"})
    CHECK(refusal_of_line(line) ==
          "a line must be two tokens with a space between them, merges.txt:6, use the merges.txt or vocab.bpe of a "
          "GPT-2 tokenizer");
  CHECK(refusal_of_line("h t") ==
        "no token is spelled \"ht\", merges.txt:6, add it to the vocabulary or remove the merge");
  CHECK(refusal_of_line("\xFF t").starts_with("no token is spelled"));
}

TEST_CASE("files that are not there are usage errors") {
  TemporaryFolder folder;
  write_file(folder / "vocab.json", Gpt2Files().vocabulary.dump());
  CHECK_THROWS_WITH_AS(load_gpt2_files(folder / "vocab.json", folder / "none"), doctest::Contains("cannot read the merges"),
                       Error);
  CHECK_THROWS_WITH_AS(load_gpt2_files(folder / "none", folder / "none"), doctest::Contains("cannot read"), Error);
  CHECK_THROWS_AS(load_gpt2_files(folder / "vocab.json", folder.path()), Error);
}
