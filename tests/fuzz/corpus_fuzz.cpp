// A file of any content, as a corpus: what it is taken for, and all that follows from it.
#include <diecast/core/error.hpp>
#include <diecast/data/corpus.hpp>

#include "tests/data/compressed.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/memory_file.hpp"

using namespace diecast;
using namespace diecast::testing;

std::vector<std::string> fuzz::seeds() {
  const std::string text = prose(400), lines = "{\"text\":\"one\"}\n{\"text\":\"two\"}\n";
  return {text, "\xEF\xBB\xBF" + lines, gzipped(lines), bzip2ed(text), zstded(lines), "\xFF\xFEh\xC3"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = std::size_t{8} << 20;  // of a bomb
  const fuzz::MemoryFile file(fuzz::bytes_of(data, size));
  try {
    const auto stream = open_documents({.sources = {file.path().string()}}, {});
    std::size_t bytes = 0;
    for (Document document; bytes < kMost && stream->next(document);) {
      fuzz::require(!document.text.empty());
      bytes += document.text.size();
    }
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
  }
  return 0;
}
