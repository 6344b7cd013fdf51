// Plain text: documents lie in it in their order, none is empty or too long, and a text that is not split is
// whole.
#include <memory>

#include "data/document_readers.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/memory_bytes.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  const std::string text =
      "One line.\nAnother one,\r\n\r\n  \t\na <|x|>\n third <|x|><|x|\xE2\x82\xAC\xF0\x9F\x8E\xB2 end\n";
  // How to split and the longest part come first.
  return {std::string("\0\x40", 2) + text, "\x01\x04" + text, "\x01\xFF" + text, "\x02\x04" + text,
          "\x02\xFF" + text};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const TextOptions options{.split = static_cast<TextSplit>(data[0] % 3),
                            .separator = "<|x|>",
                            .max_part = std::size_t{4} + data[1]};
  const std::string text = fuzz::bytes_of(data + 2, size - 2);
  CorpusCounts counts;
  const auto stream = open_text(std::make_unique<testing::MemoryBytes>(text), "input", options, counts);
  std::size_t position = 0, given = 0;
  for (Document document; stream->next(document);) {
    fuzz::require(!document.text.empty() && document.text.size() <= options.max_part);
    const std::size_t found = text.find(document.text, position);
    fuzz::require(found != std::string::npos);
    position = found + document.text.size();
    given += document.text.size();
    if (options.split == TextSplit::separator)
      fuzz::require(document.text.find(options.separator) == std::string::npos);
  }
  if (options.split == TextSplit::file) fuzz::require(given == text.size());
  return 0;
}
