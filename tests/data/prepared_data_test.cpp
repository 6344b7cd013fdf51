#include <diecast/data/prepared_data.hpp>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>

#include "tests/data/letters.hpp"
#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;
using testing::TextList;

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back("text number " + std::to_string(i));
  return texts;
}

std::optional<DataDescription> prepare(const std::vector<std::string>& texts, const fs::path& out, double fraction,
                                       std::size_t threads = 2, int signal = 0) {
  TextList stream(texts);
  ThreadPool pool(threads);
  const std::atomic<int> stop{signal};
  return prepare_data(stream, testing::letters(),
                      {.out = out, .sources = {"texts"}, .sources_hash = 9, .validation_fraction = fraction, .seed = 1},
                      pool, stop, [](const PrepareProgress&) {});
}

TokenSets open(const fs::path& folder) {
  ThreadPool pool(2);
  return open_prepared(folder, read_description(folder), pool);
}

std::vector<Token> all_of(const TokenSet& set) {
  std::vector<Token> tokens(set.size());
  set.copy(0, tokens);
  return tokens;
}

// The documents of a set, each of which must be closed by end-of-text.
std::vector<std::string> documents_of(const TokenSet& set) {
  std::vector<std::string> documents(1);
  for (const Token token : all_of(set)) {
    if (token == 256)
      documents.emplace_back();
    else
      documents.back().push_back(static_cast<char>(token));
  }
  CHECK(documents.back().empty());
  documents.pop_back();
  return documents;
}

TEST_CASE("each document is in one of the two sets, whole and in order, with its name") {
  const TemporaryFolder folder;
  const auto texts = numbered(200);
  const auto data = prepare(texts, folder / "out", 0.1);
  const TokenSets sets = open(folder / "out");
  const auto train = documents_of(sets.train), validation = documents_of(sets.validation);
  CHECK(validation.size() > 15);
  CHECK(validation.size() < 25);
  std::vector<std::string> both;
  std::merge(train.begin(), train.end(), validation.begin(), validation.end(), std::back_inserter(both),
             [&](const std::string& a, const std::string& b) {
               return std::ranges::find(texts, a) < std::ranges::find(texts, b);
             });
  CHECK(both == texts);
  const auto origin = sets.validation.origins(0, 1).at(0);
  CHECK("text number " + std::to_string(origin.id) == validation[0]);
  CHECK(origin.name == "text " + std::to_string(origin.id));
  CHECK(data->train.size() == 1);
  CHECK(data->train[0].documents == train.size());
  CHECK(sets.train.text_bytes() + sets.validation.text_bytes() ==
        std::accumulate(texts.begin(), texts.end(), std::size_t{0},
                        [](std::size_t n, const std::string& text) { return n + text.size(); }));
}

TEST_CASE("with no validation set all documents come out in their order") {
  const TemporaryFolder folder;
  prepare(numbered(100), folder / "out", 0);
  const TokenSets sets = open(folder / "out");
  CHECK(documents_of(sets.train) == numbered(100));
  CHECK(sets.validation.size() == 0);
}

TEST_CASE("of three books the end of one is kept, and an end-of-text parts what stays from the next") {
  const TemporaryFolder folder;
  prepare({std::string(1000, 'a'), std::string(1000, 'b'), std::string(1000, 'c')}, folder / "out", 0.05);
  const TokenSets sets = open(folder / "out");
  const auto validation = documents_of(sets.validation);
  REQUIRE(validation.size() == 1);
  const bool more_follow = validation[0][0] != 'c';
  const auto train = all_of(sets.train);
  CHECK(std::ranges::count(train, Token{256}) == (more_follow ? 3 : 2));
  CHECK(validation[0] == std::string(149, validation[0][0]));  // 0.05 of 3000, of which the end-of-text is one token
}

TEST_CASE("the shards do not depend on the number of threads") {
  const TemporaryFolder folder;
  for (const std::size_t threads : {1, 3}) prepare(numbered(500), folder / std::to_string(threads), 0.1, threads);
  for (const char* name : {"train-00000.shard", "validation-00000.shard", "data.json"})
    CHECK(testing::read_file(folder / "1" / name) == testing::read_file(folder / "3" / name));
}

TEST_CASE("the description is read as it was written") {
  const TemporaryFolder folder;
  const auto data = prepare(numbered(50), folder / "out", 0.1);
  CHECK(to_json(read_description(folder / "out")) == to_json(*data));
}

TEST_CASE("what a killed process left is no data, and goes with the next call") {
  const TemporaryFolder folder;
  testing::write_file(folder / ".tmp-out/train-00000.shard", "half");
  testing::write_file(folder / ".tmp-out/other", "thing");
  CHECK_FALSE(is_prepared(folder / "out"));
  prepare(numbered(50), folder / "out", 0.1);
  CHECK(is_prepared(folder / "out"));
  CHECK_FALSE(fs::exists(folder / ".tmp-out"));
  CHECK_FALSE(fs::exists(folder / "out/other"));
}

TEST_CASE("a signal leaves nothing") {
  const TemporaryFolder folder;
  CHECK_FALSE(prepare(numbered(50), folder / "out", 0.1, 2, 2));
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a folder that has something is not written into, and nothing to read leaves nothing") {
  const TemporaryFolder folder;
  testing::write_file(folder / "out/file", "mine");
  CHECK_THROWS_WITH_AS(prepare(numbered(5), folder / "out", 0), doctest::Contains("something here already"), Error);
  CHECK(testing::read_file(folder / "out/file") == "mine");
  CHECK_THROWS_WITH_AS(prepare({}, folder / "none", 0), doctest::Contains("no text"), Error);
  CHECK_FALSE(fs::exists(folder / ".tmp-none"));
}

TEST_CASE("an empty folder is replaced, but not one that cannot be") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "empty");
  fs::create_directory(folder / "target");
  fs::create_directory_symlink(folder / "target", folder / "link");
  prepare(numbered(5), folder / "empty/", 0);
  CHECK(is_prepared(folder / "empty"));
  for (const char* name : {"link", "link/", "./link"})
    CHECK_THROWS_WITH_AS(prepare(numbered(5), folder / name, 0), doctest::Contains("cannot replace this"), Error);
  CHECK(fs::is_empty(folder / "target"));
  CHECK_FALSE(fs::exists(folder / ".tmp-link"));
}

TEST_CASE("what the last check throws leaves nothing") {
  const TemporaryFolder folder;
  TextList stream(numbered(5));
  ThreadPool pool(1);
  const std::atomic<int> stop{0};
  const auto check = [&] {
    CHECK(is_prepared(folder / ".tmp-out"));
    throw Error(Fault::run, "changed");
  };
  const PrepareOptions options{.out = folder / "out", .sources = {"texts"}, .check = check};
  CHECK_THROWS_WITH_AS(prepare_data(stream, testing::letters(), options, pool, stop, [](const PrepareProgress&) {}),
                       "changed", Error);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a shard has 2^20 documents at most") {
  const TemporaryFolder folder;
  const std::size_t most = std::size_t{1} << 20;
  const auto data = prepare(std::vector<std::string>(most + 3, "a"), folder / "out", 0);
  REQUIRE(data->train.size() == 2);
  CHECK(data->train[0].documents == most);
  CHECK(data->train[1].documents == 3);
  CHECK(open(folder / "out").train.size() == 2 * (most + 3));
}

TEST_CASE("a missing, exchanged or changed shard and a damaged description are errors") {
  const TemporaryFolder folder;
  const auto refused = [&](const char* says) {
    CHECK_THROWS_WITH_AS(open(folder / "out"), doctest::Contains(says), Error);
  };
  const auto out = folder / "out";
  prepare(numbered(500), out, 0.1);
  const std::string shard = testing::read_file(out / "train-00000.shard");
  std::string changed = shard;
  changed[5000] ^= 1;
  testing::write_file(out / "train-00000.shard", changed);
  refused("block 1 of 1 has changed");
  testing::write_file(out / "train-00000.shard", testing::read_file(out / "validation-00000.shard"));
  refused("not the one that data.json lists");
  fs::remove(out / "train-00000.shard");
  refused("not there");
  testing::write_file(out / "train-00000.shard", shard);
  CHECK_NOTHROW(open(out));
  testing::write_file(out / "data.json", "{\"format\": \"diecast data 1\"}");
  refused("damaged");
  testing::write_file(out / "data.json", "{\"format\": \"diecast data 9\"}");
  refused("another version");
  fs::remove(out / "data.json");
  refused("no data.json");
}

TEST_CASE("files of nanoGPT are split by their names, or at the end of a document") {
  const TemporaryFolder folder;
  ThreadPool pool(1);
  const auto write = [&](const char* name, std::vector<std::uint16_t> ids) {
    testing::write_file(folder / name, std::string(reinterpret_cast<const char*>(ids.data()), 2 * ids.size()));
  };
  write("train.bin", {1, 2, 9, 3, 4, 5, 6, 7, 9, 8});
  write("val.bin", {6, 9});
  const std::vector<fs::path> both{folder / "train.bin", folder / "val.bin"}, one{folder / "train.bin"};
  const TokenSets named = open_token_files(both, 10, 9, 0.5, pool);
  CHECK(named.train.size() == 10);
  CHECK(all_of(named.validation) == std::vector<Token>{6, 9});
  const TokenSets cut = open_token_files(one, 10, 9, 0.5, pool);
  CHECK(all_of(cut.train) == std::vector<Token>{1, 2, 9, 3, 4});  // the next document is too short
  CHECK(all_of(cut.validation) == std::vector<Token>{5, 6, 7, 9, 8});
  CHECK(all_of(open_token_files(one, 10, 9, 0.8, pool).validation) == std::vector<Token>{3, 4, 5, 6, 7, 9, 8});
  CHECK(open_token_files(one, 10, 9, 0.2, pool).validation.size() == 2);
  CHECK(all_of(open_token_files(one, 10, 77, 0.5, pool).validation) == std::vector<Token>{5, 6, 7, 9, 8});
  CHECK(open_token_files(one, 10, 9, 0, pool).validation.size() == 0);
  CHECK_THROWS_WITH_AS(open_token_files(one, 9, 9, 0, pool), doctest::Contains("token 9 does not fit"), Error);
}

}  // namespace
}  // namespace diecast
