#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "core/utf8.hpp"
#include "data/wikitext.hpp"

using namespace diecast;

namespace {

std::string prose(std::string_view wikitext) {
  WikitextReport report;
  std::string text = wikitext_to_text(wikitext, report);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

struct Row {
  std::string_view wikitext, text;
};

template <std::size_t kRows>
void check_rows(const Row (&rows)[kRows]) {
  for (const Row& row : rows) {
    CAPTURE(row.wikitext);
    CHECK(prose(row.wikitext) == row.text);
  }
}

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + part.size());
  while (text.size() < bytes) text += part;
  return text;
}

}  // namespace

TEST_CASE("links become their text, and those that show nothing vanish") {
  check_rows({
      {"The [[mill]]s of [[Lower Fen|the fen]].", "The mills of the fen."},
      {"[[Mill (building)|Mill]] and [[:Category:Mills]], [[wikt:mill|]] and [[wikt:quern]].",
       "Mill and Category:Mills, mill and quern."},
      {"[[File:Mill.jpg|thumb|A [[mill]] with {{convert|5|m|ft}} [http://a.example sails]]]A mill.", "A mill."},
      {"[[Datei:Mühle.jpg|mini|Eine [[Mühle]]]][[Файл:М.jpg]][[ファイル:x.png|20px]]Text", "Text"},
      {"[[Lêer:Meul.jpg|duimnael|x]][[Bildo:Mill.ogg]]A mill.", "A mill."},
      {"A.\n== Skakels ==\n* [http://a.example Meule]: b\n* {{c}}\n== Meer ==\n* see [http://a.example d]", "A.\n\nMeer\n\nsee d"},
      {"Text.\n[[Category:Mills]]\n[[Kategorie:Mühlen|Fen]]\n[[de:Mühle]]\n[[zh-min-nan:X]]", "Text."},
      {"[[doi:10.1000/1|a paper]]", "a paper"},
      {"see [https://a.example/x?y=1 the ''site''], [https://a.example] and [not a link]", "see the site, and [not a link]"},
      {"[[not closed\nA line. [[mill]]]] [[", "not closed A line. mill"},
      {"[[Mill#History|]] [[#History]]", "Mill#History History"},
  });
}

TEST_CASE("a wiki's own names of namespaces are heeded") {
  WikitextReport report;
  const WikiNamespaces names{.file = {"bildo"}, .category = {"speco"}};
  CHECK(wikitext_to_text("[[Bildo:A.png|x]][[speco:B]]Teksto [[Muelejo:C]]", report, names) == "Teksto Muelejo:C\n");
  CHECK(report.files == 1);
  CHECK(report.links == 1);
}

TEST_CASE("templates vanish, nested, over lines and with links in them, and leave no traces") {
  check_rows({
      {"{{Infobox\n| name = {{lang|fr|X}}\n| map = [[File:A.png|{{px|20}}]]\n}}\nText.", "Text."},
      {"'''Mill''' ({{IPA|x}}; {{lang-de|Mühle}}) is", "Mill (Mühle) is"},
      {"'''Mill''' ({{IPA|x}} or {{IPA|y}}; {{pron}}) is", "Mill is"},
      {"Mill (built 1900{{efn|x}}), old {{citation needed}}, is {{x}}.", "Mill (built 1900), old, is."},
      {"'''Mill''' (spoken [{{IPA|x}}]) is [{{x}}] old []", "Mill (spoken) is old []"},
      {"f() and ( ) stay", "f() and ( ) stay"},
      {"磨坊（{{lang-en|mill}}）與磨坊（{{x}}）", "磨坊（mill）與磨坊"},
      {"{{{1|default}}}A {{{{{x}}}}} B", "A B"},
      {"before }} and after ]] stay", "before and after stay"},
      {"{{a|[[b}} text", "text"},
      {"* {{cite web|url=http://a.example|title=T}}.\n* kept", "kept"},
  });
}

TEST_CASE("templates that carry prose are written out") {
  check_rows({
      {"{{lang|fr|mot}}, {{transl|ru|mir}}, {{nowrap|a b}}, {{abbr|Dr|Doctor}}", "mot, mir, a b, Dr"},
      {"{{convert|5|km|mi}}, {{convert|5|to|10|sqmi|km2|abbr=on}}, {{cvt|6|ft|2|in|m}}, {{convert|1.5|e6km2}}",
       "5 km, 5 to 10 sq mi, 6 ft 2 in, 1.5 million km²"},
      {"{{As of|2020|3}}, {{as of|2020|lc=y}}; born {{birth date|1950|2|1|df=yes}}",
       "As of March 2020, as of 2020; born 1 February 1950"},
      {"1{{ndash}}2{{nbsp}}m{{snd}}{{frac|1|2}} {{val|1.5|u=m}} {{formatnum:1234}}", "1–2 m – 1/2 1.5 m 1234"},
      {"{{nihongo|Mill|水車|suisha}} {{HMS|Hood|51}} {{sclass|Iowa|battleship}}", "Mill (水車, suisha) HMS Hood Iowa-class battleship"},
      {"He said:\n{{quote|text=It turns.|sign=A}}\nIt did.", "He said:\n\nIt turns.\n\nIt did."},
      {"{{lang|1=fr|2=mot}} {{chem|H|2|O}}", "mot H2O"},
      {"{{nowrap|a{{=}}b {{lang|de|{{small|c}}}}}}", "a=b c"},
  });
}

TEST_CASE("tables vanish, in one another and with lists around them") {
  check_rows({
      {"One.\n{| class=\"x\"\n|-\n| a || [[b|c]]\n{| \n| inner\n|}\n|}\nTwo.", "One.\n\nTwo."},
      {":{|\n| a\n|}\nText", "Text"},
      {"{|\n| a\n{{end}}\nText", "Text"},
      {"{{table}}\n| row\n|}\nText | with bar", "Text | with bar"},
      {"<table><tr><td>a</td></tr></table>Text", "Text"},
      {"<table class=x><tr><td>a<td>b<tr><td>c", "a b\nc"},
      {"{{Infobox|\n|a={|\n|x\n|}|}}Text", "Text"},
  });
}

TEST_CASE("references, formulas, programs and comments vanish, what can be read of them stays") {
  check_rows({
      {"A<ref>{{cite|x}} [[b]]</ref> b<ref name=\"x\" /> c<REF name=y>d</Ref>.", "A b c."},
      {"a<!-- b\n\n -->c\n<!-- alone -->\nd", "ac d"},
      {"where <math>x_{1} = 2</math> and <math>\\frac{a}{b}</math>, so", "where x_1 = 2 and, so"},
      {"a <code>f(x)</code>, <syntaxhighlight lang=c inline>g()</syntaxhighlight><source>int i;</source>", "a f(x), g()"},
      {"<gallery>\nA.png|x\n</gallery>Text<timeline>x</timeline>", "Text"},
      {"<nowiki>''[[a]]&lt;</nowiki> <nowiki/>b", "''[[a]]< b"},
      {"10<sup>6</sup> m<sup>−2</sup> 4<sup>th</sup> H<sub>2</sub>O", "10⁶ m⁻² 4th H2O"},
      {"one<br />two<br>\nthree", "one\ntwo\nthree"},
      {"<poem>\none\ntwo\n\nthree\n</poem>\n== H ==\nfour", "one\ntwo\n\nthree\n\nH\n\nfour"},
      {"So:\n f(x) {\n   g;\n }\n== H ==\nA.", "So:\nf(x) {\ng;\n}\n\nH\n\nA."},
      {"a < b, <c@d>, <ref>not closed", "a < b, <c@d>, not closed"},
      {"<div class=\"x\">a</div><span>b</span>", "a\n\nb"},
  });
}

TEST_CASE("bold, italics and entities") {
  check_rows({
      {"'''''a''''' '''b''' ''c'' d's", "a b c d's"},
      {"L''''Avare''' et l'''Iliade''", "L'Avare et l'Iliade"},
      {"a&nbsp;b&ndash;c &amp;lt; &#x41;&#66; &alpha;&unknown; & &#0;&#xD800;.", "a b–c &lt; AB α&unknown; &."},
      {"&lt;ref&gt; &#91;[a]&#93;", "<ref> [[a]]"},
      {"__NOTOC__A__FORCETOC__ snake__case", "A snake__case"},
      {"a\r\x01\x02z", "az"},
  });
}

TEST_CASE("lines make paragraphs, lists and headings") {
  check_rows({
      {"One\ntwo.\n\n\n\nThree.", "One two.\n\nThree."},
      {"Such are:\n* a\n** b\n# c\n;d : e\n\nNot f.", "Such are:\na\nb\nc\nd : e\n\nNot f."},
      {"A.\n== H ==\n\n=== K ===\nB.\n----\nC.", "A.\n\nH\n\nK\n\nB.\n\nC."},
      {"A.\n== Empty ==\n== {{x}} ==\n== Full ==<!-- c -->\nB.\n== Last ==", "A.\n\nFull\n\nB."},
      {"A.\n== See also ==\n* [[b]]\n=== More ===\nc\n== After ==\nD.\n==References==\n{{reflist}}", "A.\n\nAfter\n\nD."},
      {"== Einzelnachweise ==\nx\n== Geschichte ==\ny", "Geschichte\n\ny"},
      {"= not one\n== a == b", "= not one == a == b"},
  });
}

TEST_CASE("a template or table without an end takes its paragraph along, not the page") {
  check_rows({
      {"A.\n\n{{Infobox\n| a = b\n\nC.", "A.\n\nC."},
      {"A {{b\nc\n== H ==\nD.", "A\n\nH\n\nD."},
      {"{|\n| a\n\n== H ==\nD {{e}}.", "H\n\nD."},
  });
}

TEST_CASE("language variants of Chinese give the first") {
  CHECK(prose("用-{zh-hans:软件; zh-hant:軟體}-和-{H|zh-cn:x;zh-tw:y}-甲-{乙}- a-{b") == "用软件和甲乙 a-{b");
}

TEST_CASE("the report says what was left out") {
  WikitextReport report;
  wikitext_to_text("{{a}}{{nbsp}}<ref>b</ref>\n{|\n|}\n[[File:c]][[fr:d]]<math>\\e</math><score>f</score><!-- g -->\n"
                   "{{disambiguation}}{{disambiguation needed}}\n== References ==\n",
                   report);
  CHECK(report.templates == 3);
  CHECK(report.references == 1);
  CHECK(report.tables == 1);
  CHECK(report.files == 1);
  CHECK(report.links == 1);
  CHECK(report.formulas == 1);
  CHECK(report.blocks == 1);
  CHECK(report.comments == 1);
  CHECK(report.sections == 1);
  CHECK(report.disambiguations == 1);
  CHECK(report.bytes_in > report.bytes_out);
}

TEST_CASE("text without markup comes out as it is, and text that came out does so again") {
  const std::string_view text = "Mühlen drehen sich; 水車も回る.\n\nA mill (old) turns: 5 km, \"fast\".\n";
  WikitextReport report;
  CHECK(wikitext_to_text(text, report) == text);
}

// Quadratic time would be minutes for each: the bound is far from both.
TEST_CASE("hostile nesting is no more work than its length") {
  constexpr std::size_t kBytes = 300'000;
  const auto begin = std::chrono::steady_clock::now();
  for (const char* part :
       {"{{", "[[", "{", "}", "]]", "[[a|", "{{a|", "{{a|b=", "{|\n", "\n|}", "[http://a ", "<ref>", "<nowiki>", "<!--", "<b ",
        "</", "<", "&", "'''''", "__", "_", "{{[[", "[[{{", "{{{", "\n==", "\n== a ==\n{{", "-{", "(", ")", "({{a}}", "\n*", "=",
        "|", "[[File:", "<math>", "<sup>", "<table>", "{{lang|a|", "[[a]]", "{{a}}", "\n\n{|", "({{a}},"}) {
    const std::string text = repeated(part, kBytes);
    CAPTURE(part);
    CHECK(is_utf8(prose(text)));
    CHECK(is_utf8(prose(text + "]]}}|}")));
  }
  for (const auto& [open, close] : {Row{"{{lang|a|", "}}"}, Row{"[[a|", "]]"}, Row{"{{", "}}"}, Row{"\n{|\n", "\n|}"}}) {
    const std::string text = repeated(open, kBytes) + "x" + repeated(close, kBytes);
    CHECK(is_utf8(prose(text)));
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}
