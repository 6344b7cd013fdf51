#include "data/byte_source.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/bzip2_scanner.hpp"
#include "tests/data/compressed.hpp"
#include "tests/contains.hpp"
#include "tests/memory_bytes.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;
using namespace diecast::testing;

namespace {

constexpr std::size_t kThreads[] = {1, 2, 5};

std::string read(const std::string& bytes, std::size_t threads, std::size_t step = SIZE_MAX) {
  const auto source = decompressed(std::make_unique<MemoryBytes>(bytes, step), "it", threads);
  return read_all(*source);
}

// What is read before the usage error that must come, and its message.
struct Refusal {
  std::string text, message;
};
Refusal refusal(const std::string& bytes, std::size_t threads) {
  Refusal result;
  try {
    const auto source = decompressed(std::make_unique<MemoryBytes>(bytes), "it", threads);
    std::string piece(1000, '\0');
    while (const std::size_t count = source->read(piece)) result.text.append(piece, 0, count);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    result.message = error.what();
  }
  return result;
}

struct Format {
  const char* name;
  std::string (*compress)(std::string_view);
};
const std::vector<Format> kFormats{
    {"gzip", gzipped},
    {"bzip2", [](std::string_view text) { return bzip2ed(text, 1); }},
    {"zstd", zstded},
};

// Text that uses just the bytes which make a block's table of used bytes hold these 48 bits.
std::string text_with_magic(std::uint64_t magic, std::size_t bytes) {
  std::string alphabet, text;
  for (unsigned bit = 0; bit < 48; ++bit)
    if ((magic >> (47 - bit) & 1) != 0) alphabet += static_cast<char>('@' + bit);
  const Random random{.seed = 1, .stream = 2};
  for (std::size_t i = 0; i < bytes; ++i) text += alphabet[random.bits(i) % alphabet.size()];
  return text;
}

std::size_t count_pieces(const std::string& bytes) {
  Bzip2Scanner scanner(std::make_unique<MemoryBytes>(bytes));
  std::size_t pieces = 0;
  while (scanner.next()) ++pieces;
  return pieces;
}

}  // namespace

TEST_CASE("bytes that are not compressed are given as they are") {
  for (const std::string& text : {std::string(), std::string("a"), std::string("BZh9 is a level"),
                                  std::string("\x28\xB5"), prose(3000)}) {
    CHECK(read(text, 1) == text);
    CHECK(read(text, 2, 3) == text);
  }
}

TEST_CASE("what was compressed is read to the byte, by any number of threads and in pieces of any size") {
  const std::string text = prose(700'000);
  for (const Format& format : kFormats) {
    CAPTURE(format.name);
    const std::string bytes = format.compress(text);
    for (const std::size_t threads : kThreads) {
      CAPTURE(threads);
      CHECK(read(bytes, threads) == text);
      CHECK(read(bytes, threads, 997) == text);
    }
    CHECK(read(format.compress("x"), 2, 1) == "x");
    CHECK(read(format.compress(""), 2).empty());
  }
}

TEST_CASE("all members, streams and frames of a file are read, empty ones too") {
  const std::string a = prose(250'000), b = "b", c = prose(120'000);
  for (const Format& format : kFormats) {
    CAPTURE(format.name);
    const std::string bytes = format.compress(a) + format.compress("") + format.compress(b) +
                              format.compress("") + format.compress(c);
    for (const std::size_t threads : kThreads) CHECK(read(bytes, threads) == a + b + c);
  }
}

TEST_CASE("frames that zstd is to skip are skipped, at the front as well") {
  const std::string skip("\x5A\x2A\x4D\x18\x03\0\0\0abc", 11);
  CHECK(read(skip + zstded("one") + skip + zstded("two") + skip, 1) == "onetwo");
}

TEST_CASE("zeros behind a gzip file are padding, anything else behind a file is damage") {
  CHECK(read(gzipped("text") + std::string(300'000, '\0'), 1) == "text");
  for (const std::size_t threads : kThreads) {
    CHECK(contains(refusal(gzipped("text") + std::string(9, '\0') + "x", threads).message,
                   "bytes after the end"));
    for (const Format& format : kFormats) {
      const Refusal refused = refusal(format.compress("text") + "more than a header", threads);
      CAPTURE(format.name);
      CHECK(refused.text == "text");
      CHECK(contains(refused.message, "the file is damaged"));
      CHECK(contains(refused.message, "it at byte " + std::to_string(format.compress("text").size())));
    }
  }
}

TEST_CASE("a file that is cut anywhere says so, after what was whole") {
  const std::string text = prose(250'000);
  for (const Format& format : kFormats) {
    CAPTURE(format.name);
    const std::string bytes = format.compress(text), twice = bytes + bytes;
    const std::size_t cuts[] = {10,
                                11,
                                30,
                                31,
                                32,
                                bytes.size() / 3,
                                bytes.size() / 2,
                                bytes.size() - 9,
                                bytes.size() - 4,
                                bytes.size() - 1,
                                bytes.size() + 1,
                                bytes.size() + 3,
                                bytes.size() + 11,
                                twice.size() - 11,
                                twice.size() - 1};
    for (const std::size_t threads : {1, 2})
      for (const std::size_t cut : cuts) {
        CAPTURE(cut);
        const Refusal refused = refusal(twice.substr(0, cut), threads);
        CHECK(contains(refused.message, "the file is cut short, it at byte "));
        CHECK((text + text).starts_with(refused.text));
        if (cut > bytes.size()) CHECK(refused.text.size() >= text.size());
      }
  }
}

TEST_CASE("damage anywhere is noticed, and nothing wrong precedes it but what no checksum had passed") {
  const std::string text = prose(250'000);
  for (const Format& format : kFormats) {
    CAPTURE(format.name);
    const std::string bytes = format.compress(text);
    for (std::size_t i = 0; i < 40; ++i) {
      // Not in the first bytes: what does not begin as a format does is another.
      const std::size_t at = 12 + i * (bytes.size() - 12) / 40;
      CAPTURE(at);
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      const std::size_t threads = 1 + i % 2;
      // A frame of ZSTD_compress has no checksum: what decodes may differ.
      const Refusal refused = refusal(damaged, threads);
      if (format.name == std::string("zstd"))
        CHECK((refused.message.empty() || contains(refused.message, "it at byte ")));
      else
        CHECK((contains(refused.message, "the file is damaged") ||
               contains(refused.message, "the file is cut short")));
      if (format.name == std::string("bzip2")) CHECK(text.starts_with(refused.text));
    }
  }
}

TEST_CASE("numbers that begin a block or end a stream may occur inside a block of bzip2") {
  for (const std::uint64_t magic : {kBzip2Block, kBzip2End}) {
    const std::string text = text_with_magic(magic, 350'000);
    const std::string bytes = bzip2ed(text, 1);
    // A start, four blocks and an end, and a false piece in each of the blocks.
    REQUIRE(count_pieces(bytes) == 6 + 4);
    for (const std::size_t threads : kThreads) {
      CAPTURE(threads);
      CHECK(read(bytes, threads) == text);
      CHECK(read(bytes + bzip2ed("two"), threads) == text + "two");
      const Refusal cut = refusal(bytes.substr(0, bytes.size() - 20), threads);
      CHECK_FALSE(cut.message.empty());
      CHECK(text.starts_with(cut.text));
    }
  }
}

TEST_CASE("blocks of runs, which decompress to many times the usual, are read whole") {
  const std::string text(6'000'000, 'a');
  const std::string bytes = bzip2ed(text, 1);
  for (const std::size_t threads : kThreads) CHECK(read(bytes, threads) == text);
}

TEST_CASE("a wrong checksum of a whole bzip2 stream is noticed") {
  std::string bytes = bzip2ed("one block");
  bytes[bytes.size() - 3] ^= 1;
  CHECK(contains(refusal(bytes, 1).message, "wrong checksum of a stream"));
}

TEST_CASE("reading may end before the file does") {
  const std::string text = prose(800'000);
  for (const Format& format : kFormats) {
    const std::string bytes = format.compress(text);
    for (const std::size_t threads : kThreads) {
      const auto source = decompressed(std::make_unique<MemoryBytes>(bytes), "it", threads);
      std::string piece(1000, '\0');
      CHECK(source->read(piece) > 0);
      CHECK(source->consumed() > 0);
    }
  }
}

TEST_CASE("how far a source is ends with the size of the file") {
  for (const Format& format : kFormats) {
    const std::string bytes = format.compress(prose(300'000));
    for (const std::size_t threads : kThreads) {
      const auto source = decompressed(std::make_unique<MemoryBytes>(bytes), "it", threads);
      read_all(*source);
      CHECK(source->consumed() == bytes.size());
    }
  }
}

TEST_CASE("a file that grows, shrinks or is written while it is read is an error that names it") {
  TemporaryFolder folder;
  const std::filesystem::path path = folder / "a.txt";
  const std::string text = prose(100'000);
  const auto change_after_first_read = [&](auto change) {
    write_file(path, text);
    const auto source = open_bytes(path, 1);
    std::string piece(1000, '\0');
    REQUIRE(source->read(piece) > 0);
    change();
    try {
      read_all(*source);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const std::string& message : {
           change_after_first_read([&] { std::ofstream(path, std::ios::app) << "more"; }),
           change_after_first_read([&] { std::filesystem::resize_file(path, text.size() / 2); }),
           change_after_first_read([&] {
             std::filesystem::last_write_time(
                 path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
           }),
       }) {
    CHECK(contains(message, "changed while it was read"));
    CHECK(contains(message, path.string()));
  }
  CHECK(change_after_first_read([] {}).empty());
  // Its content is still there for whoever has it open.
  CHECK(change_after_first_read([&] { std::filesystem::remove(path); }).empty());
}

TEST_CASE("a file that is not there is named") {
  TemporaryFolder folder;
  try {
    open_bytes(folder / "missing.gz", 1);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(contains(error.what(), "No such file or directory, " + (folder / "missing.gz").string()));
  }
}
