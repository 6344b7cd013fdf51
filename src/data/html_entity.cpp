#include "data/html_entity.hpp"

#include <charconv>
#include <cstdint>
#include <iterator>
#include <system_error>
#include <unordered_map>

namespace diecast {
namespace {

struct NamedCharacter {
  std::string_view name;
  std::uint32_t character;
};

// U+00A0 to U+00FF.
constexpr std::string_view kLatin1Names[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};
static_assert(std::size(kLatin1Names) == 96, "kLatin1Names: one name for each character of the upper half");

// U+0391 to U+03A9, U+03B1 to U+03C9.
constexpr std::string_view kGreekCapitals[] = {"Alpha",  "Beta",    "Gamma", "Delta", "Epsilon", "Zeta", "Eta",
                                               "Theta",  "Iota",    "Kappa", "Lambda", "Mu",     "Nu",   "Xi",
                                               "Omicron", "Pi",     "Rho",   "",      "Sigma",   "Tau",  "Upsilon",
                                               "Phi",    "Chi",     "Psi",   "Omega"};
constexpr std::string_view kGreekLetters[] = {"alpha",   "beta", "gamma", "delta",  "epsilon", "zeta", "eta",
                                              "theta",   "iota", "kappa", "lambda", "mu",      "nu",   "xi",
                                              "omicron", "pi",   "rho",   "sigmaf", "sigma",   "tau",  "upsilon",
                                              "phi",     "chi",  "psi",   "omega"};

constexpr NamedCharacter kOtherNames[] = {
    {"quot", 34},      {"amp", 38},       {"apos", 39},      {"lt", 60},        {"gt", 62},       {"OElig", 338},
    {"oelig", 339},    {"Scaron", 352},   {"scaron", 353},   {"Yuml", 376},     {"fnof", 402},    {"circ", 710},
    {"tilde", 732},    {"thetasym", 977}, {"upsih", 978},    {"piv", 982},      {"ensp", 8194},   {"emsp", 8195},
    {"thinsp", 8201},  {"zwnj", 8204},    {"zwj", 8205},     {"lrm", 8206},     {"rlm", 8207},    {"ndash", 8211},
    {"mdash", 8212},   {"lsquo", 8216},   {"rsquo", 8217},   {"sbquo", 8218},   {"ldquo", 8220},  {"rdquo", 8221},
    {"bdquo", 8222},   {"dagger", 8224},  {"Dagger", 8225},  {"bull", 8226},    {"hellip", 8230}, {"permil", 8240},
    {"prime", 8242},   {"Prime", 8243},   {"lsaquo", 8249},  {"rsaquo", 8250},  {"oline", 8254},  {"frasl", 8260},
    {"euro", 8364},    {"image", 8465},   {"weierp", 8472},  {"real", 8476},    {"trade", 8482},  {"alefsym", 8501},
    {"larr", 8592},    {"uarr", 8593},    {"rarr", 8594},    {"darr", 8595},    {"harr", 8596},   {"crarr", 8629},
    {"lArr", 8656},    {"uArr", 8657},    {"rArr", 8658},    {"dArr", 8659},    {"hArr", 8660},   {"forall", 8704},
    {"part", 8706},    {"exist", 8707},   {"empty", 8709},   {"nabla", 8711},   {"isin", 8712},   {"notin", 8713},
    {"ni", 8715},      {"prod", 8719},    {"sum", 8721},     {"minus", 8722},   {"lowast", 8727}, {"radic", 8730},
    {"prop", 8733},    {"infin", 8734},   {"ang", 8736},     {"and", 8743},     {"or", 8744},     {"cap", 8745},
    {"cup", 8746},     {"int", 8747},     {"there4", 8756},  {"sim", 8764},     {"cong", 8773},   {"asymp", 8776},
    {"ne", 8800},      {"equiv", 8801},   {"le", 8804},      {"ge", 8805},      {"sub", 8834},    {"sup", 8835},
    {"nsub", 8836},    {"sube", 8838},    {"supe", 8839},    {"oplus", 8853},   {"otimes", 8855}, {"perp", 8869},
    {"sdot", 8901},    {"lceil", 8968},   {"rceil", 8969},   {"lfloor", 8970},  {"rfloor", 8971}, {"lang", 9001},
    {"rang", 9002},    {"loz", 9674},     {"spades", 9824},  {"clubs", 9827},   {"hearts", 9829}, {"diams", 9830}};

using CharacterNames = std::unordered_map<std::string_view, std::uint32_t>;

CharacterNames make_character_names() {
  CharacterNames names;
  const auto add = [&](const auto& list, std::uint32_t first) {
    for (std::string_view name : list) names.emplace(name, first++);
  };
  add(kLatin1Names, 0xA0);
  add(kGreekCapitals, 0x391);
  add(kGreekLetters, 0x3B1);
  for (const NamedCharacter& other : kOtherNames) names.emplace(other.name, other.character);
  names.erase("");
  return names;
}

void append_character(std::uint32_t c, std::string& out) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  const bool invisible = c == 0xAD || c == 0x200E || c == 0x200F;
  const bool no_scalar = c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF);
  if (invisible || no_scalar) return;
  if (c < 0x20 || (c >= 0x7F && c <= 0xA0)) {
    byte(' ');
  } else if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

}  // namespace

std::size_t append_entity(std::string_view text, std::string& out) {
  static const CharacterNames names = make_character_names();
  constexpr std::size_t kLongest = 10;  // "&thetasym;", "&#1114111;"
  const std::size_t end = text.substr(0, kLongest).find(';');
  if (text.empty() || text[0] != '&' || end == std::string_view::npos) return 0;
  std::string_view name = text.substr(1, end - 1);
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x') || name.starts_with('X');
    if (hexadecimal) name.remove_prefix(1);
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), value, hexadecimal ? 16 : 10);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return 0;
    append_character(value, out);
  } else {
    const auto found = names.find(name);
    if (found == names.end()) return 0;
    append_character(found->second, out);
  }
  return end + 1;
}

}  // namespace diecast
