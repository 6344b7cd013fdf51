// JSONL: what comes out is UTF-8 and not empty, and each line is a document, empty or bad at most.
#include <algorithm>
#include <diecast/core/error.hpp>
#include <memory>

#include "data/document_readers.hpp"
#include "core/utf8.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/memory_bytes.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  return {
      "{\"text\":\"one\"}\n{\"text\": \"t\\u00e9 \\\"\\n\", \"meta\": {\"text\": [1, -2.5e3, null, true]}}\n",
      "\n  {\"id\":17,\"text\":\"\xE2\x82\xAC\"}\r\n\r\n{\"text\":\"\"}",
      "{\"txt\":\"a\"}\n[\"text\"]\n{\"text\":1}\n{\"text\":\"a\"\n\"text\"\n{\"text\":\"\\ud83c\\udfb2\"}\n",
  };
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::bytes_of(data, size);
  const auto lines = 1 + static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  CorpusCounts counts;
  const auto stream = open_jsonl(std::make_unique<testing::MemoryBytes>(bytes), "input",
                                 {.text_field = "text", .max_bad = lines}, counts);
  std::uint64_t documents = 0;
  for (Document document; stream->next(document); ++documents)
    fuzz::require(!document.text.empty() && is_utf8(document.text));
  fuzz::require(documents + counts.bad_lines <= lines);
  return 0;
}
