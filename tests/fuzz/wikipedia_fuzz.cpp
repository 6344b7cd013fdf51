// Dumps of Wikipedia: documents have text and a name and are UTF-8, or the input is refused.
#include "data/wikipedia.hpp"

#include <diecast/core/error.hpp>
#include <memory>

#include "core/utf8.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/memory_bytes.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  const std::string begin =
      "<mediawiki version=\"0.11\"><siteinfo><namespaces><namespace key=\"6\">F</namespace></namespaces></siteinfo>";
  return {
      begin + "<page><title>A &amp; B</title><ns>0</ns><id>1</id><revision><model>wikitext</model><text bytes=\"3\">[[F:x]]C"
              "</text></revision></page></mediawiki>",
      begin + "<page><title>A</title><ns>0</ns><id>2</id><redirect title=\"B\"/><revision><text/></revision></page>"
              "<page><title>D</title><id>3</id><revision><text>E</text></revision><revision><text>F</text></revision></page>",
      "<!DOCTYPE mediawiki [<!ENTITY a \"b\">]><mediawiki><page><id>4</id></page></mediawiki>",
  };
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::bytes_of(data, size);
  try {
    const auto stream = open_wikipedia(std::make_unique<testing::MemoryBytes>(bytes), "input", {}, {});
    for (Document document; stream->next(document);)
      fuzz::require(!document.text.empty() && document.name.starts_with("input: ") && is_utf8(document.text));
    PageSample sample(2, 1);
    testing::MemoryBytes again(bytes);
    sample.add(again, "input", [] {});
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
  }
  return 0;
}
