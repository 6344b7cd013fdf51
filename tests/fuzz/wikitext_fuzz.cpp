// Wikitext: prose is UTF-8 if the page is, holds none of the characters that are marks on the way, and is counted.
#include "data/wikitext.hpp"

#include "core/utf8.hpp"
#include "tests/fuzz/fuzz_target.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  return {
      "{{Infobox|a={{lang|fr|b}}|c=[[File:D.png|thumb|e [[f]]]]}}\n'''G''' ({{IPA|h}}; 1{{ndash}}2) is ''i''.<ref name=j>k</ref>\n"
      "== L ==\n* [[m|n]]s\n:; o\n{| class=p\n| q\n|}\n== References ==\n<references />\n[[Category:R]]",
      "<!-- a -->{{convert|5|to|6|ft|2|in}} {{val|1|2|u=m}} {{as of|2020|3}} {{nihongo|b|c|d}} {{birth date|1950|2|1}}\n"
      "<nowiki>''</nowiki>&ndash;&#x41; 10<sup>6</sup> <math>x^2</math> <poem>\ne\nf</poem> [http://g.example h] __TOC__",
      "用-{zh-hans:a;zh-hant:b}-（{{c}}）{{{1|d}}} l'''e''\n{{f\n== g ==\n{| h\n[[i\n]] }} |} <ref>",
  };
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string page = fuzz::bytes_of(data, size);
  WikitextReport report;
  const std::string text = wikitext_to_text(page, report);
  fuzz::require(!is_utf8(page) || is_utf8(text));
  for (char c : text) fuzz::require(static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t');
  fuzz::require(report.bytes_in == page.size() && report.bytes_out == text.size());
  return 0;
}
