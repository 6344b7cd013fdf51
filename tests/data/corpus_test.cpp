#include <doctest/doctest.h>

#include <algorithm>
#include <diecast/core/error.hpp>
#include <diecast/data/corpus.hpp>
#include <diecast/data/stories.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "data/corpus_files.hpp"
#include "tests/data/compressed.hpp"
#include "tests/contains.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unprivileged.hpp"

using namespace diecast;
using namespace diecast::testing;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

struct CorpusReading {
  Strings texts, names, notices;
  std::vector<std::uint64_t> ids;
  std::string error;  // that it ends with
  StreamProgress progress;
};

CorpusReading read_corpus(const CorpusOptions& options) {
  CorpusReading reading;
  try {
    const auto stream =
        open_documents(options, [&](std::string_view text) { reading.notices.emplace_back(text); });
    for (Document document; stream->next(document);) {
      reading.texts.push_back(document.text);
      reading.names.push_back(document.name);
      reading.ids.push_back(document.id);
    }
    reading.progress = stream->progress();
    Document none;
    CHECK_FALSE(stream->next(none));
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    reading.error = error.what();
  }
  return reading;
}

CorpusReading read_source(const fs::path& source, const std::string& pattern = {}) {
  return read_corpus({.sources = {source.string()}, .pattern = pattern, .stories = 3, .seed = 7});
}

}  // namespace

TEST_CASE(
    "a folder's known files are read from all levels in the order of their paths, or those of a pattern") {
  TemporaryFolder folder;
  write_file(folder / "b.txt", "b");
  write_file(folder / "a/z.TXT", "a/z");
  write_file(folder / "a/c/y.md", "a/c/y");
  write_file(folder / "dump.xml-p1p9.bz2", bzip2ed("dump"));
  write_file(folder / "picture.png", "no");
  write_file(folder / "program", "no");
  write_file(folder / "source.tar.gz", "no");
  write_file(folder / "x-multistream-index.txt.bz2", bzip2ed("1:2:no"));
  write_file(folder / ".hidden.txt", "no");
  CHECK(read_source(folder.path()).texts == Strings{"a/c/y", "a/z", "b", "dump"});
  CHECK(read_source(folder.path(), "?.*").texts == Strings{"a/c/y", "a/z", "b"});
  CHECK(read_source(folder.path(), "*.png").texts == Strings{"no"});
  CHECK(find_corpus_files({.sources = {folder.path().string()}, .pattern = "*.txt"}) ==
        std::vector<fs::path>{folder / "b.txt"});
}

TEST_CASE("a folder of a run below a source is left out, but nothing that only looks like a part of one") {
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
  CHECK(read_source(folder.path()).texts == Strings{"a", "e", "d", "c"});
}

TEST_CASE("a glob is expanded to files and what is in folders, unless it is a path that exists") {
  TemporaryFolder folder;
  write_file(folder / "2.txt", "2");
  write_file(folder / "10.txt", "10");
  write_file(folder / "deep.txt/3.txt", "3");
  write_file(folder / "[a].txt", "brackets");
  write_file(folder / "deep.txt/3.log", "log");
  write_file(folder / "run.txt/config.toml", "");
  write_file(folder / "run.txt/checkpoints/4.txt", "4");
  CHECK(read_source(folder / "?*.txt").texts == Strings{"10", "2", "brackets", "3"});
  CHECK(read_source(folder / "d*", "*.log").texts == Strings{"log"});
  CHECK(read_source(folder / "d*/*.txt").texts == Strings{"3"});
  CHECK(read_source(folder / "[a].txt").texts == Strings{"brackets"});
}

TEST_CASE("sources are read one after another, each document with a number of its own") {
  TemporaryFolder folder;
  write_file(folder / "z.txt", "z");
  write_file(folder / "a.txt.gz", gzipped("a"));
  const CorpusReading reading =
      read_corpus({.sources = {(folder / "z.txt").string(), "builtin:stories:2", folder.path().string()},
                   .stories = 9,
                   .seed = 7});
  CHECK(reading.texts == Strings{"z", story(7, 0), story(7, 1), "a", "z"});
  CHECK(reading.ids == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
  CHECK(reading.progress.files == 4);
  CHECK(reading.progress.total_files == 4);
  CHECK(reading.notices.empty());
}

TEST_CASE("the built-in corpus has the number of stories that was asked for") {
  CHECK(read_source("builtin:stories").texts == Strings{story(7, 0), story(7, 1), story(7, 2)});
  CHECK(read_source("builtin:stories:1").texts == Strings{story(7, 0)});
  for (const char* source : {"builtin:", "builtin:poems", "builtin:stories:", "builtin:stories:0",
                             "builtin:stories:-1", "builtin:stories:3x", "builtin:stories5",
                             "builtin:stories:100000001", "builtin:stories:99999999999999999999999"}) {
    CAPTURE(source);
    CHECK(contains(read_source(source).error, "builtin:stories:N"));
  }
}

TEST_CASE("progress is in bytes on the disk and ends with all of them") {
  TemporaryFolder folder;
  const std::string text = prose(300'000);
  write_file(folder / "a.txt", text);
  write_file(folder / "b.gz", gzipped(text));
  write_file(folder / "c.bz2", bzip2ed(text));
  write_file(folder / "d.zst", zstded(text));
  write_file(folder / "e.jsonl", "{\"text\":\"e\"}\n");
  write_file(folder / "f.txt", "");
  for (const std::size_t threads : {1, 3}) {
    const CorpusReading reading = read_corpus({.sources = {folder.path().string()}, .threads = threads});
    CHECK(reading.texts == Strings{text, text, text, text, "e"});
    CHECK(reading.progress.bytes == reading.progress.total);
    CHECK(reading.progress.total > text.size());
  }
}

TEST_CASE("what stands for nothing is refused and named") {
  TemporaryFolder folder;
  CHECK(contains(read_source(folder / "nowhere").error, "No such file or directory"));
  CHECK(contains(read_source(folder / "nowhere").error, (folder / "nowhere").string()));
  CHECK(contains(read_source(folder / "*.md").error, "no file matches"));
  CHECK(contains(read_source(folder.path()).error,
                 "there is no file in the folder, " + folder.path().string()));
  write_file(folder / "a.png", "a");
  CHECK(contains(read_source(folder.path()).error, "set data.pattern"));
  CHECK(contains(read_source(folder.path(), "*.text").error, "matches \"*.text\""));
  CHECK(contains(read_corpus({}).error, "no data is given"));
  CHECK(contains(read_corpus({.sources = {"builtin:stories"}, .split = TextSplit::separator}).error,
                 "data.separator"));
}

TEST_CASE("empty files are left out, and refused when there is nothing else") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "");
  write_file(folder / "a.txt.bz2", bzip2ed(""));
  CHECK(contains(read_source(folder / "a.txt").error,
                 "there is no text in the file, " + (folder / "a.txt").string()));
  CHECK(contains(read_source(folder.path()).error, "there is no text in the files"));
  write_file(folder / "c.txt", "c");
  CHECK(read_source(folder.path()).texts == Strings{"c"});
}

TEST_CASE("files and folders that cannot be read are named") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "a");
  write_file(folder / "closed/a.txt", "a");
  fs::permissions(folder.path(), fs::perms{0755});
  fs::permissions(folder / "a.txt", fs::perms::none);
  fs::permissions(folder / "closed", fs::perms::none);
  {
    const Unprivileged nobody;
    CHECK(contains(read_source(folder / "a.txt").error, "Permission denied, " + (folder / "a.txt").string()));
    CHECK(
        contains(read_source(folder / "closed").error, "Permission denied, " + (folder / "closed").string()));
    CHECK(contains(read_source(folder / "closed/a.txt").error, "Permission denied"));
  }
  fs::permissions(folder / "closed", fs::perms::owner_all);
  // Reading this file at its beginning fails on every Linux.
  CHECK(contains(read_source("/proc/self/mem").error, "Input/output error, /proc/self/mem"));
}

TEST_CASE("files that are not UTF-8 are told of once, with the first and their number") {
  TemporaryFolder folder;
  const Strings texts{"plain", "gr\xC3\xBC\xC3\x9F", "gr\xFC\xDF", "\xC0\xAF", "\xED\xA0\x80", "cut \xE2\x82"};
  for (std::size_t i = 0; i < texts.size(); ++i) write_file(folder / (std::to_string(i) + ".txt"), texts[i]);
  const CorpusReading reading = read_source(folder.path());
  CHECK(reading.texts == texts);
  REQUIRE(reading.notices.size() == 1);
  CHECK(contains(reading.notices[0],
                 "4 of 6 files are not UTF-8, the first is " + (folder / "2.txt").string()));
}

TEST_CASE("files that are no text are refused by name, also inside of compressed ones") {
  TemporaryFolder folder;
  const std::string controls = "a\x01\x02\x03\x04";
  for (const std::string& bytes : {std::string("ab\0cd", 5), controls, zstded(controls)}) {
    write_file(folder / "a.txt", bytes);
    CHECK(contains(read_source(folder / "a.txt").error,
                   "the file is not text, " + (folder / "a.txt").string()));
  }
  write_file(folder / "a.txt", std::string("\xFF\xFEh\0i\0", 6));
  CHECK(contains(read_source(folder / "a.txt").error, "iconv"));
  write_file(folder / "a.txt", "\x1B[1mbold\x1B[0m\f\tand so on\n");
  CHECK(read_source(folder / "a.txt").texts.size() == 1);
}

TEST_CASE("lines of JSON objects are documents, whatever the file is called") {
  TemporaryFolder folder;
  const std::string lines =
      "{\"text\": \"one\\n\\u00e9\", \"meta\": {\"text\": \"no\"}}\r\n"
      "\n"
      "{\"id\":1,\"text\":\"\"}\n"
      "  {\"id\": [1, {}], \"te\\u0078t\": \"\xE2\x82\xAC\"}\n"
      "{\"text\":\"last\"}";
  for (const std::string& bytes :
       {lines, "\xEF\xBB\xBF" + lines, "\n" + lines, gzipped(lines), zstded(lines)}) {
    write_file(folder / "a", bytes);
    const CorpusReading reading = read_source(folder / "a");
    CHECK(reading.texts == Strings{"one\n\xC3\xA9", "\xE2\x82\xAC", "last"});
    CHECK(reading.notices.empty());
  }
  write_file(folder / "a", lines);
  CHECK(read_source(folder / "a").names[2] == (folder / "a").string() + ":5");
  CHECK(read_corpus({.sources = {(folder / "a").string()}, .text_field = "id", .max_bad = 4}).error ==
        "there is no text in the file, " + (folder / "a").string() + ", give files with text");
}

TEST_CASE("a text that begins with a brace is a text, unless its name or its first line says otherwise") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "{\n  \"text\": 1\n}\n");
  CHECK(read_source(folder / "a.txt").texts.size() == 1);
  write_file(folder / "a.json.gz", gzipped("{\"text\": \"cut\n{\"text\":\"whole\"}\n"));
  CHECK(read_source(folder / "a.json.gz").texts == Strings{"whole"});
  write_file(folder / "B.JSONL.GZ", gzipped("{\"text\": \"cut\n{\"text\":\"whole\"}\n"));
  CHECK(read_source(folder / "B.JSONL.GZ").texts == Strings{"whole"});
}

TEST_CASE("bad lines are counted and the first is named, and too many are an error") {
  TemporaryFolder folder;
  const fs::path path = folder / "a.jsonl";
  const std::vector<std::pair<std::string, std::string>> kBad{
      {"{\"text\": 1}", "its \"text\" is no string"},
      {"{\"txt\": \"a\"}", "it has no \"text\""},
      {"[\"text\"]", "it is no JSON object"},
      {"{\"text\": \"a\"", ""},
      {"{\"text\": \"a\"} {\"text\": \"b\"}", ""},
      {"{\"text\": \"\xFF\"}", ""},
      {"{\"text\": \"a\", \"b\": tru}", ""},
      {"\"text\"", "it is no JSON object"},
      {"{\"text\": \"\\ud800\"}", ""},
      {"text", ""},
      {std::string("{\"text\": \"\0\"}", 13), ""},
  };
  for (const auto& bad : kBad) {
    const auto& line = bad.first;
    const auto& why = bad.second;
    CAPTURE(line);
    write_file(path, "{\"text\": \"good\"}\n" + line + "\n{\"text\": \"too\"}\n" + line);
    const CorpusReading reading = read_source(path);
    CHECK(reading.texts == Strings{"good", "too"});
    REQUIRE(reading.notices.size() == 1);
    CHECK(contains(reading.notices[0],
                   "2 lines of JSONL left out, the first is " + path.string() + ":2: " + why));
    const CorpusReading strict = read_corpus({.sources = {path.string()}, .max_bad = 1});
    CHECK(contains(strict.error, "more than 1 bad lines of JSONL, the first is " + path.string() + ":2: "));
    CHECK(strict.texts == Strings{"good", "too"});
    CHECK(contains(read_corpus({.sources = {path.string()}, .max_bad = 0}).error, path.string() + ":2: "));
  }
}

TEST_CASE("lines of JSONL are read whole wherever a buffer ends, and long ones too") {
  TemporaryFolder folder;
  std::string lines;
  Strings texts;
  for (std::size_t i = 0; lines.size() < 5'000'000; ++i) {
    texts.push_back(std::to_string(i) + std::string(i % 97 == 0 ? 70'000 : 37 * i % 1501, 'x'));
    lines += "{\"text\":\"" + texts.back() + "\"}\n";
  }
  write_file(folder / "a.zst", zstded(lines));
  CHECK(read_source(folder / "a.zst").texts == texts);
  const std::string large(20'000'000, 'y');
  write_file(folder / "a", "{\"text\":\"" + large + "\"}");
  CHECK(read_source(folder / "a").texts == Strings{large});
  write_file(folder / "b.jsonl", "{\"text\":\"good\"}\n{\"text\":\"" + large + large + "\"}\n");
  const CorpusReading reading = read_source(folder / "b.jsonl");
  CHECK(reading.texts == Strings{"good"});
  CHECK(contains(reading.error, "longer than 32 MiB, " + (folder / "b.jsonl").string() + ":2"));
}

TEST_CASE("a plain text is split as asked, and a long one comes in parts") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "a\n\nb");
  CHECK(read_corpus({.sources = {(folder / "a.txt").string()}, .split = TextSplit::blank_lines}).texts ==
        Strings{"a", "b"});
  CHECK(read_corpus(
            {.sources = {(folder / "a.txt").string()}, .split = TextSplit::separator, .separator = "\n"})
            .texts == Strings{"a", "b"});
  std::string text;
  while (text.size() < 40'000'000) text += "A line of a long text, such as this one is.\n";
  write_file(folder / "b.txt", text);
  const CorpusReading reading = read_source(folder / "b.txt");
  REQUIRE(reading.texts.size() == 3);
  for (const std::string& part : reading.texts) {
    CHECK(part.size() <= std::size_t{16} << 20);
    CHECK(part.ends_with(".\n"));
  }
  CHECK((reading.texts[0] + reading.texts[1] + reading.texts[2] == text));
  CHECK(reading.names[0] == (folder / "b.txt").string());
}

TEST_CASE("a dump of Wikipedia is known by its content, and a sample is drawn from all dumps together") {
  TemporaryFolder folder;
  const auto dump = [](int first, int last) {
    std::string xml = "<mediawiki xml:lang=\"en\">\n";
    for (int id = first; id <= last; ++id)
      xml += "<page><title>T</title><ns>0</ns><id>" + std::to_string(id) +
             "</id><revision><id>1</id><text>Page '''" + std::to_string(id) +
             "''' here.</text></revision></page>\n";
    return xml + "</mediawiki>\n";
  };
  write_file(folder / "1.xml", "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n" + dump(1, 9));
  write_file(folder / "2.bz2", bzip2ed(dump(10, 40)));
  write_file(folder / "3.txt", "text");
  const CorpusReading all = read_source(folder.path());
  CHECK(all.error.empty());
  REQUIRE(all.texts.size() == 41);
  CHECK(all.texts[11] == "Page 12 here.\n");
  CHECK(all.ids[11] == 12);
  CHECK(all.names[11] == (folder / "2.bz2").string() + ": T");
  CHECK(all.texts[40] == "text");
  const CorpusReading some =
      read_corpus({.sources = {folder.path().string()}, .sample = 12, .seed = 5, .threads = 2});
  REQUIRE(some.texts.size() == 13);
  CHECK(some.ids[0] < 10);
  CHECK(some.ids[11] >= 10);
  CHECK(read_corpus({.sources = {folder.path().string()}, .sample = 12, .seed = 6}).ids != some.ids);
  const auto has_no_dump = [](const std::string& notice) { return contains(notice, "no source is a Wikipedia dump"); };
  CHECK(std::ranges::none_of(some.notices, has_no_dump));
  const CorpusReading none = read_corpus({.sources = {(folder / "3.txt").string()}, .sample = 12});
  CHECK(none.texts == Strings{"text"});
  CHECK(std::ranges::count_if(none.notices, has_no_dump) == 1);

  // All dumps are read for the sample by the first of two streams that share it.
  std::uint64_t ticks = 0;
  CorpusOptions options{.sources = {folder.path().string()}, .sample = 12, .seed = 5};
  options.tick = [&](const StreamProgress&) { ++ticks; };
  options.sample_bound = std::make_shared<std::optional<std::uint64_t>>();
  const CorpusReading first = read_corpus(options);
  const std::uint64_t ticks_of_first = std::exchange(ticks, 0);
  const CorpusReading second = read_corpus(options);
  CHECK(ticks_of_first == ticks + 40);
  CHECK(first.ids == some.ids);
  CHECK(second.ids == some.ids);
  CHECK(first.progress.bytes == first.progress.total);
  CHECK(second.progress.bytes == second.progress.total);
  CHECK(first.progress.total > second.progress.total);
}

TEST_CASE("a tick stops the search for a page that is wanted") {
  TemporaryFolder folder;
  std::string xml = "<mediawiki xml:lang=\"en\">\n";
  for (int id = 1; id <= 50; ++id)
    xml += "<page><title>T</title><ns>1</ns><id>" + std::to_string(id) + "</id></page>\n";
  write_file(folder / "talk.xml", xml + "</mediawiki>\n");
  for (const std::uint64_t sample : {0, 5}) {
    int ticks = 0;
    const auto tick = [&](const StreamProgress&) {
      if (++ticks == 20) throw std::runtime_error("stopped");
    };
    const auto stream =
        open_documents({.sources = {folder.path().string()}, .sample = sample, .tick = tick}, nullptr);
    Document document;
    CHECK_THROWS_WITH(stream->next(document), "stopped");
  }
}

TEST_CASE("a file that vanishes before its turn is named, after what precedes it") {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "a");
  write_file(folder / "b.txt", "b");
  const auto stream = open_documents({.sources = {folder.path().string()}}, {});
  Document document;
  REQUIRE(stream->next(document));
  fs::remove(folder / "b.txt");
  try {
    stream->next(document);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(contains(error.what(), "No such file or directory, " + (folder / "b.txt").string()));
  }
}
