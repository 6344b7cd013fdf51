#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/data/documents.hpp>
#include <diecast/data/stories.hpp>

#include "tests/temporary_folder.hpp"
#include "tests/unprivileged.hpp"

using namespace diecast;
using diecast::testing::TemporaryFolder;
using diecast::testing::Unprivileged;
using diecast::testing::write_file;
namespace fs = std::filesystem;

namespace {

using Texts = std::vector<std::string>;

Texts read(const std::string& source, const std::string& pattern = "*.txt") {
  return read_documents({.source = source, .pattern = pattern, .stories = 3, .seed = 7}, {});
}

// The message of the error that reading must end in; a usage error every time, nothing has been started.
std::string refusal(const std::string& source, const std::string& pattern = "*.txt") {
  try {
    read(source, pattern);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  FAIL("no error for ", source);
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a file is one document, byte for byte") {
  TemporaryFolder folder;
  write_file(folder / "a.md", "one\n\ntwo\r\n");
  CHECK(read((folder / "a.md").string()) == Texts{"one\n\ntwo\r\n"});
}

TEST_CASE("a folder's matching files are read from all levels in the order of their paths") {
  TemporaryFolder folder;
  write_file(folder / "b.txt", "b");
  write_file(folder / "a/z.txt", "a/z");
  write_file(folder / "a/c/y.txt", "a/c/y");
  write_file(folder / "skipped.md", "no");
  write_file(folder / ".hidden.txt", "no");
  CHECK(read(folder.path().string()) == Texts{"a/c/y", "a/z", "b"});
  CHECK(read(folder.path().string(), "?.txt") == Texts{"a/c/y", "a/z", "b"});
  CHECK(read(folder.path().string(), "*.md") == Texts{"no"});
}

TEST_CASE("a folder of a run below the source is left out, but nothing that only looks like a part of one") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "a");
  for (const char* run : {"runs/tiny-1", "own"}) {
    write_file(folder / run / "config.toml", "");
    write_file(folder / run / "log.txt", "no");
    write_file(folder / run / "checkpoints/step-00000001/b.txt", "no");
  }
  write_file(folder / "runs/c.txt", "c");
  write_file(folder / "configured/config.toml", "");
  write_file(folder / "configured/d.txt", "d");
  write_file(folder / "checked/checkpoints/e.txt", "e");
  CHECK(read(folder.path().string()) == Texts{"a", "e", "d", "c"});
}

TEST_CASE("files of formats that are not text are refused, wherever they come from") {
  TemporaryFolder folder;
  for (const char* name : {"a.jsonl", "b.txt.gz", "c.bz2", "d.zst", "e.bin", "f.BIN"}) {
    CAPTURE(name);
    const fs::path path = folder / name;
    write_file(path, "{}");
    for (const std::string& error :
         {refusal(path.string()), refusal(folder.path().string(), name), refusal((folder / "*").string())}) {
      CHECK(contains(error, "not available yet"));
      CHECK(contains(error, path.string()));
    }
    fs::remove(path);
  }
}

TEST_CASE("a glob is expanded to files only") {
  TemporaryFolder folder;
  write_file(folder / "2.txt", "2");
  write_file(folder / "10.txt", "10");
  write_file(folder / "deep.txt/3.txt", "3");
  CHECK(read((folder / "*.txt").string()) == Texts{"10", "2"});
  CHECK(read((folder / "*/*.txt").string()) == Texts{"3"});
}

TEST_CASE("a path that exists is not taken for a glob") {
  TemporaryFolder folder;
  write_file(folder / "[a].txt", "brackets");
  CHECK(read((folder / "[a].txt").string()) == Texts{"brackets"});
}

TEST_CASE("the built-in corpus has the number of stories that was asked for") {
  CHECK(read("builtin:stories") == Texts{story(7, 0), story(7, 1), story(7, 2)});
  CHECK(read("builtin:stories:2") == Texts{story(7, 0), story(7, 1)});
}

TEST_CASE("a built-in corpus that does not exist is refused") {
  for (const char* source : {"builtin:", "builtin:poems", "builtin:stories:", "builtin:stories:0",
                             "builtin:stories:-1", "builtin:stories:3x", "builtin:stories5",
                             "builtin:stories:10000001", "builtin:stories:99999999999999999999999"}) {
    CAPTURE(source);
    CHECK(contains(refusal(source), "builtin:stories:N"));
  }
}

TEST_CASE("a missing path is named") {
  TemporaryFolder folder;
  const std::string path = (folder / "nowhere").string();
  CHECK(contains(refusal(path), path));
  CHECK(contains(refusal(path), "No such file or directory"));
}

TEST_CASE("a folder without a match names the pattern") {
  TemporaryFolder folder;
  CHECK(contains(refusal(folder.path().string()), "\"*.txt\""));
  write_file(folder / "a.txt", "a");
  CHECK(contains(refusal(folder.path().string(), "*.md"), "\"*.md\""));
  CHECK(contains(refusal((folder / "*.md").string()), "*.md"));
}

TEST_CASE("empty files are left out, and refused when there is nothing else") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "");
  CHECK(contains(refusal((folder / "a.txt").string()), "the file is empty"));
  write_file(folder / "b.txt", "");
  CHECK(contains(refusal(folder.path().string()), "all files are empty"));
  write_file(folder / "c.txt", "c");
  CHECK(read(folder.path().string()) == Texts{"c"});
}

TEST_CASE("a file and a folder that cannot be read are named") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "a");
  write_file(folder / "closed/a.txt", "a");
  fs::permissions(folder.path(), fs::perms{0755});
  fs::permissions(folder / "a.txt", fs::perms::none);
  fs::permissions(folder / "closed", fs::perms::none);
  {
    const Unprivileged nobody;
    CHECK(
        contains(refusal((folder / "a.txt").string()), "Permission denied, " + (folder / "a.txt").string()));
    CHECK(contains(refusal((folder / "closed").string()),
                   "Permission denied, " + (folder / "closed").string()));
    CHECK(contains(refusal((folder / "closed/a.txt").string()), "Permission denied"));
  }
  fs::permissions(folder / "closed", fs::perms::owner_all);
}

TEST_CASE("an error while reading is an error, not the end of the file") {
  // Reading this file at its beginning fails with an I/O error on every Linux.
  CHECK(contains(refusal("/proc/self/mem"), "Input/output error"));
}

TEST_CASE("files that are not UTF-8 are warned about once, with the first and their number") {
  TemporaryFolder folder;
  const Texts valid{"plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x8E\xB2"};
  const Texts invalid{"gr\xFC\xDF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "cut \xE2\x82"};
  Texts texts = valid;
  texts.insert(texts.end(), invalid.begin(), invalid.end());
  for (std::size_t i = 0; i < texts.size(); ++i) write_file(folder / (std::to_string(i) + ".txt"), texts[i]);
  Texts warnings;
  const Texts read = read_documents({.source = folder.path().string()},
                                    [&](std::string_view warning) { warnings.emplace_back(warning); });
  CHECK(read == texts);
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "5 of 9 files are not UTF-8"));
  CHECK(contains(warnings[0], (folder / "4.txt").string()));
}
