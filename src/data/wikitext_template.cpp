#include "data/wikitext_template.hpp"

#include <charconv>
#include <cstdint>
#include <iterator>
#include <unordered_map>

namespace diecast {
namespace {

using TemplateArguments = std::vector<TemplateArgument>;

// The `number`th argument without a name, from 1; empty if there is none.
std::string_view positional(const TemplateArguments& arguments, std::size_t number) {
  const std::string key = std::to_string(number);
  std::size_t seen = 0;
  for (const TemplateArgument& argument : arguments)
    if (argument.key == key || (argument.key.empty() && ++seen == number)) return argument.value;
  return {};
}

std::string_view named(const TemplateArguments& arguments, std::string_view key) {
  for (const TemplateArgument& argument : arguments)
    if (argument.key == key) return argument.value;
  return {};
}

std::string join_positional(const TemplateArguments& arguments, std::string_view between) {
  std::string text;
  for (const TemplateArgument& argument : arguments) {
    if (!argument.key.empty() || argument.value.empty()) continue;
    if (!text.empty()) text += between;
    text += argument.value;
  }
  return text;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.,+-/ ") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

// Codes of {{convert}} that are not what is printed.
std::string unit_symbol(std::string_view code) {
  static const std::unordered_map<std::string_view, std::string_view> symbols = {
      {"km2", "km²"},        {"m2", "m²"},         {"cm2", "cm²"},       {"mm2", "mm²"},     {"km3", "km³"},
      {"m3", "m³"},          {"cm3", "cm³"},       {"sqmi", "sq mi"},    {"mi2", "sq mi"},   {"sqft", "sq ft"},
      {"ft2", "sq ft"},      {"sqin", "sq in"},    {"sqyd", "sq yd"},    {"cuft", "cu ft"},  {"cumi", "cu mi"},
      {"cuin", "cu in"},     {"cuyd", "cu yd"},    {"C", "°C"},          {"F", "°F"},        {"C-change", "°C"},
      {"F-change", "°F"},    {"kph", "km/h"},      {"acre", "acres"},    {"mile", "miles"},  {"foot", "feet"},
      {"USgal", "US gallons"}, {"impgal", "imp gal"}, {"g/cm3", "g/cm³"}, {"kg/m3", "kg/m³"}, {"PD/km2", "/km²"},
      {"PD/sqmi", "/sq mi"}, {"/km2", "/km²"},     {"/sqmi", "/sq mi"},  {"m3/s", "m³/s"},   {"cuft/s", "cu ft/s"},
      {"kn", "knots"},       {"ST", "short tons"}, {"LT", "long tons"},  {"MT", "tonnes"},   {"m/s2", "m/s²"}};
  for (const auto& [prefix, word] : {std::pair<std::string_view, std::string_view>{"e3", "thousand "},
                                     {"e6", "million "},
                                     {"e9", "billion "}})
    if (code.starts_with(prefix)) return std::string(word) + unit_symbol(code.substr(prefix.size()));
  const auto found = symbols.find(code);
  return std::string(found == symbols.end() ? code : found->second);
}

// {{convert|5|to|10|km|mi}}, {{convert|6|ft|2|in|m}}: the measure as it was given.
std::string written_measure(const TemplateArguments& arguments) {
  std::string text(positional(arguments, 1));
  std::size_t next = 2;
  for (std::string_view upper = positional(arguments, 3); is_number(upper); upper = positional(arguments, next + 1)) {
    const std::string_view word = positional(arguments, next);
    if (word == "-" || word == "–") text += "–";
    else if (word == "x" || word == "×" || word == "*") text += " × ";
    else if (word == "to" || word == "and" || word == "or" || word == "by" || word == "to about")
      text += " " + std::string(word) + " ";
    else if (word == "to(-)" || word == "and(-)") text += word == "to(-)" ? " to " : " and ";
    else if (word == "+/-" || word == "±") text += " ± ";
    else if (!word.empty() && !positional(arguments, next + 2).empty() && !is_number(positional(arguments, next + 2)))
      text += " " + unit_symbol(word) + " ";  // feet and inches
    else break;
    text += upper;
    next += 2;
  }
  const std::string unit = unit_symbol(positional(arguments, next));
  if (!unit.empty() && !unit.starts_with('/')) text += ' ';
  return text + unit;
}

std::string_view month_name(std::string_view number) {
  static constexpr std::string_view names[] = {"January", "February", "March",     "April",   "May",      "June",
                                               "July",    "August",   "September", "October", "November", "December"};
  std::size_t month = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), month);
  if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size()) return number;
  return month >= 1 && month <= std::size(names) ? names[month - 1] : number;
}

// {{birth date|1950|2|1}}, {{as of|1950|2}}: year, month and day, as much as there is.
std::string written_date(const TemplateArguments& arguments) {
  const std::string year(positional(arguments, 1)), month(month_name(positional(arguments, 2)));
  const std::string day(positional(arguments, 3));
  if (month.empty()) return year;
  if (day.empty()) return month + " " + year;
  const std::string_view day_first = named(arguments, "df");
  return day_first.empty() || day_first == "no" ? month + " " + day + ", " + year : day + " " + month + " " + year;
}

std::string as_of(const TemplateArguments& arguments) {
  if (const std::string_view text = named(arguments, "alt"); !text.empty()) return std::string(text);
  const bool since = !named(arguments, "since").empty();
  const bool lower = !named(arguments, "lc").empty();
  return (since ? lower ? "since " : "Since " : lower ? "as of " : "As of ") + written_date(arguments);
}

// English (kanji, romaji).
std::string nihongo(const TemplateArguments& arguments) {
  std::string text(positional(arguments, 1)), original(positional(arguments, 2));
  const std::string_view romaji = positional(arguments, 3);
  if (!original.empty() && !romaji.empty()) original += ", ";
  original += romaji;
  if (text.empty()) return original;
  return original.empty() ? text : text + " (" + original + ")";
}

std::string written_fraction(const TemplateArguments& arguments) {
  const std::string first(positional(arguments, 1)), second(positional(arguments, 2)), third(positional(arguments, 3));
  if (second.empty()) return "1/" + first;
  return third.empty() ? first + "/" + second : first + " " + second + "/" + third;
}

// {{val|1.5|0.2|u=km}}.
std::string value_with_unit(const TemplateArguments& arguments) {
  std::string text(positional(arguments, 1));
  if (const std::string_view error = positional(arguments, 2); !error.empty()) text += " ± " + std::string(error);
  for (const char* key : {"e", "u", "ul"})
    if (const std::string_view more = named(arguments, key); !more.empty())
      text += (*key == 'e' ? " × 10^" : " ") + std::string(more);
  return text;
}

// {{ship|HMS|Hood|51}}, {{USS|Nimitz|CVN-68}}.
std::string ship_name(std::string_view prefix, const TemplateArguments& arguments, std::size_t name) {
  return prefix.empty() ? std::string(positional(arguments, name))
                        : std::string(prefix) + " " + std::string(positional(arguments, name));
}

enum class Form {
  literal,   // TemplateRule::text
  first,     // TemplateRule::text and the first argument
  second,    // or the first, when there is one only
  last,
  all,       // side by side
  words,     // with spaces between
  quote,     // a paragraph of its own
  measure,
  date,
  as_of,
  nihongo,
  fraction,
  value,
  ship,      // prefix, name
  ship_of,   // TemplateRule::text is the prefix
  ship_class,
};

struct TemplateRule {
  Form form;
  std::string_view text = {};
};

const std::unordered_map<std::string_view, TemplateRule>& template_rules() {
  static const std::unordered_map<std::string_view, TemplateRule> rules = [] {
    std::unordered_map<std::string_view, TemplateRule> all = {
        {"nbsp", {Form::literal, " "}},      {"space", {Form::literal, " "}},    {"spaces", {Form::literal, " "}},
        {"ndash", {Form::literal, "–"}},     {"endash", {Form::literal, "–"}},   {"en dash", {Form::literal, "–"}},
        {"mdash", {Form::literal, "—"}},     {"emdash", {Form::literal, "—"}},   {"em dash", {Form::literal, "—"}},
        {"snd", {Form::literal, " – "}},     {"spnd", {Form::literal, " – "}},   {"spaced ndash", {Form::literal, " – "}},
        {"spaced en dash", {Form::literal, " – "}}, {"dash", {Form::literal, " – "}}, {"·", {Form::literal, " · "}},
        {"dot", {Form::literal, " · "}},     {"•", {Form::literal, " • "}},      {"bull", {Form::literal, " • "}},
        {"'", {Form::literal, "'"}},         {"'s", {Form::literal, "'s"}},      {"`", {Form::literal, "'"}},
        {"=", {Form::literal, "="}},         {"!", {Form::literal, "|"}},        {"pipe", {Form::literal, "|"}},
        {"(", {Form::literal, "{"}},         {")", {Form::literal, "}"}},        {"pi", {Form::literal, "π"}},
        {"carbon", {Form::literal, "C"}},    {"hydrogen", {Form::literal, "H"}}, {"oxygen", {Form::literal, "O"}},
        {"nitrogen", {Form::literal, "N"}},  {"sic", {Form::first}},              {"ad", {Form::first, "AD "}},       {"circa", {Form::first, "c. "}},
        {"c.", {Form::first, "c. "}},        {"ca.", {Form::first, "c. "}},      {"floruit", {Form::first, "fl. "}},
        {"fl.", {Form::first, "fl. "}},      {"£", {Form::first, "£"}},          {"gbp", {Form::first, "£"}},
        {"€", {Form::first, "€"}},           {"eur", {Form::first, "€"}},        {"us$", {Form::first, "US$"}},
        {"usd", {Form::first, "US$"}},       {"a$", {Form::first, "A$"}},        {"au$", {Form::first, "A$"}},
        {"¥", {Form::first, "¥"}},           {"inr", {Form::first, "₹"}},        {"lang", {Form::second}},
        {"transl", {Form::last}},            {"transliteration", {Form::last}},  {"nihongo", {Form::nihongo}},
        {"nihongo krt", {Form::nihongo}},    {"convert", {Form::measure}},       {"cvt", {Form::measure}},
        {"as of", {Form::as_of}},            {"frac", {Form::fraction}},         {"sfrac", {Form::fraction}},
        {"fraction", {Form::fraction}},      {"val", {Form::value}},             {"chem", {Form::all}},
        {"chem2", {Form::first}},            {"linktext", {Form::all}},          {"sortname", {Form::words}},
        {"ship", {Form::ship}},              {"sclass", {Form::ship_class}},        {"uss", {Form::ship_of, "USS"}},
        {"hms", {Form::ship_of, "HMS"}},     {"ss", {Form::ship_of, "SS"}},      {"rms", {Form::ship_of, "RMS"}},
        {"hmas", {Form::ship_of, "HMAS"}},   {"hmcs", {Form::ship_of, "HMCS"}},  {"sms", {Form::ship_of, "SMS"}},
        {"columns-list", {Form::last}},      {"date", {Form::words}},            {"siècle", {Form::first}},
        {"ill", {Form::first}},              {"interlanguage link", {Form::first}}, {"railgauge", {Form::first}},
        {"track gauge", {Form::first}},      {"unité", {Form::words}},           {"unit", {Form::words}},
        {"1er", {Form::literal, "1er"}},     {"simplenuclide", {Form::words}},   {"simplenuclide2", {Form::words}},
        {"mpl", {Form::first}},              {"nuclide", {Form::words}},         {"lang-rus", {Form::first}}};
    // Dress of their first argument.
    for (std::string_view name :
         {"nowrap", "nobr", "nobreak", "small", "smaller", "smallsup", "big", "larger", "large", "sc", "smallcaps", "sc1",
          "smallcaps2", "angbr", "mvar", "math", "var", "abbr", "tooltip", "keypress", "key", "key press", "strong", "em",
          "bold", "italics", "italic", "center", "sup", "sub", "mono", "code", "samp", "kbd", "not a typo", "typo",
          "visible anchor", "vanchor", "nts", "num", "formatnum", "nb", "flag", "flagu", "flagcountry", "vr", "bce", "ce",
          "underline", "strikethrough", "unicode", "polytonic", "hebrew", "gaps", "noitalic", "nihongo2", "nihongo3",
          "uc", "lc", "ucfirst", "lcfirst", "overline", "oldstyledate", "old style date", "angle bracket", "grapheme",
          "script/hebrew", "script/arabic", "term"})
      all.emplace(name, TemplateRule{Form::first});
    for (std::string_view name : {"color", "font color", "rtl-lang", "script"}) all.emplace(name, TemplateRule{Form::last});
    for (std::string_view name : {"quote", "blockquote", "cquote", "bquote", "quotation", "poemquote", "rquote", "block quote", "poem quote", "centered quote"})
      all.emplace(name, TemplateRule{Form::quote});
    for (std::string_view name :
         {"birth date", "birth date and age", "death date", "death date and age", "start date", "end date", "dob", "bda",
          "birth-date", "start date and age", "film date", "dts"})
      all.emplace(name, TemplateRule{Form::date});
    return all;
  }();
  return rules;
}

std::string quotation(const TemplateArguments& arguments) {
  std::string text(positional(arguments, 1));
  if (text.empty()) text = named(arguments, "text");
  if (text.empty()) text = named(arguments, "quote");
  return text.empty() ? text : "\n\n" + text + "\n\n";
}

std::string_view last_positional(const TemplateArguments& arguments) {
  std::string_view last;
  for (const TemplateArgument& argument : arguments)
    if (argument.key.empty()) last = argument.value;
  return last;
}

std::string apply_rule(const TemplateRule& rule, const TemplateArguments& arguments) {
  const std::string_view first = positional(arguments, 1), second = positional(arguments, 2);
  switch (rule.form) {
    case Form::literal: return std::string(rule.text);
    case Form::first: return first.empty() ? std::string() : std::string(rule.text).append(first);
    case Form::second: return std::string(second.empty() ? first : second);
    case Form::last: return std::string(last_positional(arguments));
    case Form::all: return join_positional(arguments, "");
    case Form::words: return join_positional(arguments, " ");
    case Form::quote: return quotation(arguments);
    case Form::measure: return written_measure(arguments);
    case Form::date: return written_date(arguments);
    case Form::as_of: return as_of(arguments);
    case Form::nihongo: return nihongo(arguments);
    case Form::fraction: return written_fraction(arguments);
    case Form::value: return value_with_unit(arguments);
    case Form::ship: return ship_name(first, arguments, 2);
    case Form::ship_of: return ship_name(rule.text, arguments, 1);
    case Form::ship_class: return std::string(first) + "-class " + std::string(second);
  }
  return {};
}

}  // namespace

std::optional<std::string> template_text(std::string_view name, const TemplateArguments& arguments) {
  const auto& rules = template_rules();
  auto found = rules.find(name);
  // {{lang-de|Wort}}; the parser's own functions, {{formatnum:1234}}.
  if (found == rules.end() && name.starts_with("lang-")) found = rules.find("nowrap");
  if (found == rules.end()) return std::nullopt;
  std::string text = apply_rule(found->second, arguments);
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace diecast
