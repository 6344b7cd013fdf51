// gzip, bzip2 and zstd: one thread and two read the same. How much precedes an error depends on the buffers.
#include <diecast/core/error.hpp>
#include <memory>

#include "tests/data/compressed.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/memory_bytes.hpp"

using namespace diecast;
using namespace diecast::testing;

namespace {

// A little of what a bomb decompresses to is enough.
constexpr std::size_t kMost = std::size_t{256} << 10;

struct Outcome {
  std::string text;
  bool damaged = false;
};

Outcome decompress(const std::string& bytes, std::size_t threads, std::size_t step) {
  Outcome outcome;
  try {
    const auto source = decompressed(std::make_unique<MemoryBytes>(bytes, step), "input", threads);
    fill_front(*source, outcome.text, kMost);
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
    outcome.damaged = true;
  }
  return outcome;
}

}  // namespace

std::vector<std::string> fuzz::seeds() {
  const std::string text = prose(3000);
  std::vector<std::string> seeds{text};
  for (const std::string& file : {gzipped(text), bzip2ed(text), zstded(text)}) {
    seeds.push_back(file);
    seeds.push_back(file + file);
  }
  seeds.push_back(bzip2ed(prose(101'000), 1) + bzip2ed(""));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::bytes_of(data, size);
  const Outcome one = decompress(bytes, 1, SIZE_MAX), two = decompress(bytes, 2, 1 + size / 3);
  fuzz::require(one.damaged == two.damaged);
  fuzz::require(one.text == two.text ||
                (one.damaged && (one.text.starts_with(two.text) || two.text.starts_with(one.text))));
  return 0;
}
