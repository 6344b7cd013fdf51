#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>

#include "data/wikipedia.hpp"
#include "tests/memory_bytes.hpp"

using namespace diecast;
using diecast::testing::MemoryBytes;

namespace {

std::string page(int id, std::string_view title, std::string_view text, std::string_view more = "<ns>0</ns>") {
  return "  <page>\n    <title>" + std::string(title) + "</title>\n    " + std::string(more) + "\n    <id>" +
         std::to_string(id) + "</id>\n    <revision>\n      <id>9" + std::to_string(id) +
         "</id>\n      <contributor><username>U</username><id>77</id></contributor>\n"
         "      <model>wikitext</model>\n      <format>text/x-wiki</format>\n      <text bytes=\"1\" xml:space=\"preserve\">" +
         std::string(text) + "</text>\n    </revision>\n  </page>\n";
}

std::string dump(std::string_view pages) {
  return "<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\" version=\"0.11\" xml:lang=\"eo\">\n  <siteinfo>\n"
         "    <sitename>Vikipedio</sitename>\n    <namespaces>\n      <namespace key=\"0\" case=\"first-letter\" />\n"
         "      <namespace key=\"6\" case=\"first-letter\">Bildujo</namespace>\n"
         "      <namespace key=\"14\" case=\"first-letter\">Speco</namespace>\n    </namespaces>\n  </siteinfo>\n" +
         std::string(pages) + "</mediawiki>\n";
}

struct Reading {
  std::vector<Document> documents;
  std::string notice, error;
};

Reading read_articles(const std::string& xml, std::size_t step = std::string::npos, const WikipediaOptions& options = {}) {
  Reading reading;
  const auto stream = open_wikipedia(std::make_unique<MemoryBytes>(xml, step), "eo.xml", options,
                                     [&](std::string_view text) { reading.notice += text; });
  Document document;
  try {
    while (stream->next(document)) reading.documents.push_back(document);
    CHECK(stream->progress().bytes == xml.size());
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    reading.error = error.what();
  }
  return reading;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string many_pages(int count) {
  std::string pages;
  for (int id = 1; id <= count; ++id) pages += page(id, "T" + std::to_string(id), "Text " + std::to_string(id) + ".");
  return pages;
}

std::set<std::uint64_t> sampled(const std::string& xml, std::uint64_t count, std::uint64_t seed) {
  PageSample sample(count, seed);
  MemoryBytes bytes(xml);
  sample.add(bytes, "eo.xml", [] {});
  std::set<std::uint64_t> ids;
  for (const Document& document : read_articles(xml, std::string::npos, {.seed = seed, .bound = sample.bound()}).documents)
    ids.insert(document.id);
  return ids;
}

}  // namespace

TEST_CASE("a page of a dump is a document with its title and id") {
  const std::string xml =
      dump(page(12, "Muelejo &amp; akvo", "'''Muelejo''' &lt;ref&gt;x&lt;/ref&gt;estas &amp;nbsp;konstruaĵo.\n\n[[Bildujo:A.png|x]]"
                                          "[[Speco:Muelejoj]]Ĝi turniĝas."));
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
    const Reading reading = read_articles(xml, step);
    REQUIRE(reading.documents.size() == 1);
    CHECK(reading.documents[0].text == "Muelejo estas konstruaĵo.\n\nĜi turniĝas.\n");
    CHECK(reading.documents[0].name == "eo.xml: Muelejo & akvo");
    CHECK(reading.documents[0].id == 12);
    CHECK(reading.error.empty());
  }
}

TEST_CASE("only articles are read, and the notice counts the others") {
  const Reading reading = read_articles(dump(
      page(1, "A", "A.") + page(2, "B", "#REDIRECT [[A]]", "<ns>0</ns><redirect title=\"A\" />") +
      page(3, "C", "#ALIDIREKTU [[A]]") + page(4, "Talk:A", "Hm.", "<ns>1</ns>") +
      page(5, "D", "'''D''' may be:\n* [[A]]\n{{disambiguation}}") + page(6, "E", "{{only|a}}") + page(7, "F", "") +
      "<page><title>G</title><ns>0</ns><id>8</id><revision><model>css</model><text>a{}</text></revision></page>" +
      "<page><title>H</title><ns>0</ns><id>9</id></page>" + page(10, "I", "# one [[A]]\n# two")));
  REQUIRE(reading.documents.size() == 2);
  CHECK(reading.documents[0].text == "A.\n");
  CHECK(reading.documents[1].text == "one A\ntwo\n");
  CHECK(has(reading.notice, "eo.xml: 2 articles"));
  CHECK(has(reading.notice, "redirects 2, other namespaces or kinds 2, disambiguation pages 1, without text 3"));
}

TEST_CASE("of several revisions the last is read") {
  const Reading reading = read_articles(
      dump("<page><title>A</title><ns>0</ns><id>1</id><revision><text>Old.</text></revision>"
           "<revision><text>New.</text></revision></page>"));
  REQUIRE(reading.documents.size() == 1);
  CHECK(reading.documents[0].text == "New.\n");
}

TEST_CASE("dumps without <ns> and in UTF-16 are read") {
  CHECK(read_articles(dump(page(1, "A", "A.", ""))).documents.size() == 1);
  std::string wide = "\xFF\xFE";
  for (char c : dump(page(1, "A", "Text."))) (wide += c) += '\0';
  const Reading reading = read_articles(wide);
  REQUIRE(reading.documents.size() == 1);
  CHECK(reading.documents[0].text == "Text.\n");
}

TEST_CASE("a page that is too large is left out and counted") {
  const Reading reading = read_articles(dump(page(1, "A", std::string((16 << 20) + 1, 'x')) + page(2, "B", "B.")), 100'000);
  REQUIRE(reading.documents.size() == 1);
  CHECK(reading.documents[0].id == 2);
  CHECK(has(reading.notice, "larger than 16 MiB 1"));
}

TEST_CASE("XML that is cut anywhere gives its whole pages, then an error with the line") {
  const std::string xml = dump(many_pages(3));
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; (at = xml.find("</page>", at)) != std::string::npos; at += 7) ends.push_back(at + 7);
  const std::size_t whole = xml.find("</mediawiki>") + 12;
  for (std::size_t size = 0; size < whole; size += size < 900 ? 13 : 1) {
    CAPTURE(size);
    const Reading reading = read_articles(xml.substr(0, size), 64);
    const auto complete = std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= size; });
    CHECK(reading.documents.size() == static_cast<std::size_t>(complete));
    const std::string_view before = std::string_view(xml).substr(0, size);
    CHECK(has(reading.error, "the XML is cut short, eo.xml:"));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t shown = std::stoul(reading.error.substr(reading.error.find("eo.xml:") + 7));
    CHECK(shown <= static_cast<std::size_t>(line));
    CHECK(shown + 1 >= static_cast<std::size_t>(line));
    CHECK(reading.notice.empty());
  }
}

TEST_CASE("XML that is malformed or no dump is refused where it is") {
  const Reading mismatched = read_articles(dump(page(1, "A", "A.") + "</oops>"));
  CHECK(mismatched.documents.size() == 1);
  CHECK(has(mismatched.error, "the XML is malformed: mismatched tag, eo.xml:"));
  CHECK(has(read_articles(dump(page(1, "A", "a \x01 b"))).error, "the XML is malformed"));
  CHECK(has(read_articles(dump(page(1, "A", "\xC3("))).error, "the XML is malformed"));
  CHECK(has(read_articles(dump("") + "<more/>").error, "the XML is malformed: junk after document element, eo.xml:11"));
  CHECK(has(read_articles("<html><body/></html>").error, "the XML is no dump of MediaWiki, eo.xml:1"));
  CHECK(has(read_articles("not XML").error, "the XML is malformed"));
  CHECK(has(read_articles(dump("<page><id>x</id></page>")).error, "the id of a page is no number"));
}

TEST_CASE("entities that a dump declares are refused before they are expanded") {
  std::string bomb = "<!DOCTYPE mediawiki [<!ENTITY a0 \"aaaaaaaaaa\">";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "&a" + std::to_string(i - 1) + ";";
    bomb += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) bomb += before;
    bomb += "\">";
  }
  const Reading reading = read_articles(bomb + "]>" + dump(page(1, "A", "&a9;")));
  CHECK(reading.documents.empty());
  CHECK(has(reading.error, "the XML declares entities, eo.xml:1"));
}

TEST_CASE("deep nesting of elements is harmless") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<page>";
  CHECK(has(read_articles(dump(deep)).error, "malformed"));
  std::string closed = deep;
  for (int i = 0; i < 100'000; ++i) closed += "</page>";
  CHECK(read_articles(dump(closed)).documents.empty());
}

TEST_CASE("a sample is of exactly so many pages, the same in every reading, and part of a larger one") {
  const std::string xml = dump(many_pages(200) + page(300, "B", "#REDIRECT [[A]]", "<ns>0</ns><redirect title=\"A\" />") +
                               page(301, "Talk:A", "x", "<ns>1</ns>"));
  const auto ten = sampled(xml, 10, 1), again = sampled(xml, 10, 1), fifty = sampled(xml, 50, 1);
  CHECK(ten.size() == 10);
  CHECK(ten == again);
  CHECK(fifty.size() == 50);
  CHECK(std::includes(fifty.begin(), fifty.end(), ten.begin(), ten.end()));
  CHECK(sampled(xml, 10, 2) != ten);
  CHECK(sampled(xml, 1000, 1).size() == 200);
}

TEST_CASE("a share of the pages is about that share, and what a page is drawn by is its id alone") {
  const std::string xml = dump(many_pages(2000));
  const WikipediaOptions tenth{.seed = 3, .bound = std::numeric_limits<std::uint64_t>::max() / 10};
  const Reading reading = read_articles(xml, std::string::npos, tenth);
  CHECK(reading.documents.size() > 150);
  CHECK(reading.documents.size() < 250);
  CHECK(has(reading.notice, "not in the sample 1"));
  for (const Document& document : reading.documents) CHECK(page_rank(3, document.id) <= tenth.bound);
}
