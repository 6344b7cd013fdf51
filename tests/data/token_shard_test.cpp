#include "data/token_shard.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>

#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

using testing::TemporaryFolder;

ShardIdentity identity_of(std::uint64_t vocab_size) {
  return {.tokenizer_kind = "bpe", .tokenizer_hash = 77, .vocab_size = vocab_size, .end_of_text = 3, .sources_hash = 5};
}

std::vector<Token> many_tokens(std::size_t count, Token below) {
  std::vector<Token> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<Token>(i * 2654435761u % below);
  return tokens;
}

// Three documents, 1.5 blocks of ids and more.
std::vector<Token> write_shard(const std::filesystem::path& path, std::uint64_t vocab_size) {
  const std::vector<Token> tokens = many_tokens(800'001, static_cast<Token>(vocab_size));
  ShardWriter writer(path, identity_of(vocab_size));
  writer.add(std::span(tokens).first(10), "a", 11, 40);
  writer.add(std::span(tokens).subspan(10, 5), "a longer name", 7, 9);
  writer.add(std::span(tokens).subspan(15, tokens.size() - 16), "c: ü", 0, 1000);
  writer.extend(tokens.back());
  CHECK(writer.size() == tokens.size());
  writer.close();
  return tokens;
}

std::string error_of(const std::filesystem::path& path, Fault fault, std::uint64_t vocab_size = 1 << 20) {
  ThreadPool pool(1);
  try {
    TokenShard(path).verify(pool, vocab_size);
  } catch (const Error& error) {
    CHECK(error.fault() == fault);
    const std::string what = error.what();
    CHECK(what.find(path.string()) != std::string::npos);
    return what;
  }
  return {};
}

std::string numbers(std::vector<std::uint32_t> values, std::size_t size) {
  std::string bytes(size, '\0');
  std::memcpy(bytes.data(), values.data(), std::min(size, 4 * values.size()));
  return bytes;
}

TEST_CASE("a shard gives back what was written, two bytes a token or four") {
  const TemporaryFolder folder;
  for (const std::uint64_t vocab_size : {500u, 65536u, 65537u, 200000u}) {
    CAPTURE(vocab_size);
    const auto path = folder / "x.shard";
    const auto tokens = write_shard(path, vocab_size);
    TokenShard shard(path);
    ThreadPool pool(2);
    shard.verify(pool, vocab_size);
    CHECK(shard.width() == (vocab_size <= 65536 ? 2 : 4));
    CHECK(shard.identity() == identity_of(vocab_size));
    CHECK(shard.text_bytes() == 1049);
    std::vector<Token> read(tokens.size());
    shard.copy(0, read);
    CHECK(read == tokens);
    read.resize(3);
    shard.copy(1000, read);
    CHECK(std::equal(read.begin(), read.end(), tokens.begin() + 1000));
    REQUIRE(shard.documents() == 3);
    const ShardDocument second = shard.document(1), third = shard.document(2);
    CHECK(second.first == 10);
    CHECK(second.end == 15);
    CHECK(second.id == 7);
    CHECK(second.name == "a longer name");
    CHECK(third.end == tokens.size());
    CHECK(third.name == "c: ü");
    CHECK(shard.document_of(0) == 0);
    CHECK(shard.document_of(9) == 0);
    CHECK(shard.document_of(10) == 1);
    CHECK(shard.document_of(tokens.size() - 1) == 2);
  }
}

TEST_CASE("a token that the vocabulary does not have is refused when it is written") {
  const TemporaryFolder folder;
  ShardWriter writer(folder / "x.shard", identity_of(500));
  CHECK_THROWS_WITH_AS(writer.add(std::vector<Token>{499, 500}, "a", 0, 1),
                       doctest::Contains("token 500 does not fit a vocabulary of 500"), Error);
}

TEST_CASE("a shard that was not closed is none") {
  const TemporaryFolder folder;
  const auto path = folder / "x.shard";
  ShardWriter writer(path, identity_of(500));
  writer.add(many_tokens(700'000, 500), "a", 0, 1);
  CHECK(error_of(path, Fault::usage).find("no token shard") != std::string::npos);
}

TEST_CASE("a changed byte anywhere in a shard is an error, but for the zeros between its parts") {
  const TemporaryFolder folder;
  const auto path = folder / "x.shard";
  write_shard(path, 500);
  const std::string intact = testing::read_file(path);
  const std::size_t ids_end = 4096 + 2 * 800'001;
  std::vector<std::size_t> places{4096, 4096 + 1'000'000, ids_end - 1, intact.size() - 1};
  for (std::size_t i = 0; i < 112; ++i) places.push_back(i);                        // the header, field by field
  for (std::size_t i = ids_end + 6; i < intact.size(); i += 5) places.push_back(i);  // the index
  for (const std::size_t place : places) {
    CAPTURE(place);
    std::string changed = intact;
    changed[place] = static_cast<char>(changed[place] ^ 0x10);
    testing::write_file(path, changed);
    CHECK_FALSE(error_of(path, place < 8 ? Fault::usage : Fault::run).empty());
  }
  testing::write_file(path, intact);
  CHECK(error_of(path, Fault::run).empty());
}

TEST_CASE("a shard that is cut short or goes on is an error") {
  const TemporaryFolder folder;
  const auto path = folder / "x.shard";
  write_shard(path, 500);
  const std::string intact = testing::read_file(path);
  for (const std::size_t size : {std::size_t{8}, std::size_t{111}, std::size_t{4096}, std::size_t{5000}, intact.size() - 1}) {
    CAPTURE(size);
    testing::write_file(path, intact.substr(0, size));
    CHECK_FALSE(error_of(path, Fault::run).empty());
  }
  testing::write_file(path, intact + "x");
  CHECK(error_of(path, Fault::run).find("bytes instead of") != std::string::npos);
  testing::write_file(path, "");
  CHECK_FALSE(error_of(path, Fault::usage).empty());
  CHECK_FALSE(error_of(folder / "none.shard", Fault::usage).empty());
  CHECK_FALSE(error_of(folder.path(), Fault::usage).empty());
}

TEST_CASE("ids of another vocabulary are refused") {
  const TemporaryFolder folder;
  const auto path = folder / "x.shard";
  write_shard(path, 500);
  CHECK(error_of(path, Fault::usage, 499).find("token 499 does not fit a vocabulary of 499") != std::string::npos);
}

TEST_CASE("nanoGPT's files are their ids") {
  const TemporaryFolder folder;
  const auto path = folder / "train.bin";
  testing::write_file(path, std::string("\x01\x00\x00\x80\xff\xff", 6));
  TokenShard shard(path);
  ThreadPool pool(1);
  shard.verify(pool, 65536);
  std::vector<Token> read(3);
  shard.copy(0, read);
  CHECK(read == std::vector<Token>{1, 32768, 65535});
  CHECK(error_of(path, Fault::usage, 50257).find("token 65535 does not fit") != std::string::npos);
  testing::write_file(path, "odd");
  CHECK(error_of(path, Fault::usage).find("odd") != std::string::npos);
}

TEST_CASE("llm.c's shards of both kinds are read, and refused when size, version or kind is wrong") {
  const TemporaryFolder folder;
  const auto path = folder / "tiny_train_000000.bin";
  ThreadPool pool(1);
  testing::write_file(path, numbers({20240520, 1, 3}, 1024) + std::string("\x01\x00\x02\x00\x50\xc4", 6));
  TokenShard gpt2(path);
  gpt2.verify(pool, 50257);
  std::vector<Token> read(3);
  gpt2.copy(0, read);
  CHECK(read == std::vector<Token>{1, 2, 50256});
  testing::write_file(path, numbers({20240801, 7, 2}, 1024) + numbers({128000, 5}, 8));
  TokenShard llama(path);
  llama.verify(pool, 128001);
  read.resize(2);
  llama.copy(0, read);
  CHECK(read == std::vector<Token>{128000, 5});
  testing::write_file(path, numbers({20240520, 1, 3}, 1024) + std::string(4, '\0'));
  CHECK(error_of(path, Fault::usage).find("has 1028 bytes, but its 3 tokens take 1030") != std::string::npos);
  testing::write_file(path, numbers({20240520, 2, 3}, 1024) + std::string(6, '\0'));
  CHECK(error_of(path, Fault::usage).find("version 2") != std::string::npos);
  testing::write_file(path, numbers({20240326, 3, 1024}, 4096));
  CHECK(error_of(path, Fault::usage).find("a model of llm.c") != std::string::npos);
  testing::write_file(path, numbers({1, 2, 3}, 4096));
  CHECK(error_of(path, Fault::usage).find("does not begin with 20240520") != std::string::npos);
}

}  // namespace
}  // namespace diecast
