#include "data/wikitext_names.hpp"

#include <algorithm>
#include <unordered_set>

namespace diecast {
namespace {

using NameSet = std::unordered_set<std::string_view>;

bool is_lower_ascii(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") + 1 - first);
}

std::string fold_wiki_name(std::string_view name) {
  std::string folded(trim_blanks(name));
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = ' ';
  }
  return folded;
}

bool is_file_namespace(std::string_view name) {
  static const NameSet names = {
      "file",    "image",     "datei",     "bild",     "fichier",  "archivo",   "imagen",    "immagine", "bestand",
      "afbeelding", "ficheiro", "arquivo", "imagem",   "plik",     "grafika",   "fil",       "billede",  "tiedosto",
      "kuva",    "soubor",    "fájl",      "kép",      "dosya",    "resim",     "slika",     "datoteka", "fitxer",
      "imatge",  "fișier",    "imagine",   "berkas",   "gambar",   "tập tin",   "hình",      "fitxategi", "dosiero",
      "Файл",    "файл",      "Изображение", "изображение", "Картинка", "картинка", "Слика", "слика",  "Датотека",
      "датотека", "Выява",    "Зображення", "зображення", "ファイル", "画像",    "文件",      "图像",     "档案",
      "檔案",    "圖像",      "파일",      "그림",     "قاعدة",    "ملف",       "صورة",      "پرونده",  "תמונה",
      "קובץ",    "Αρχείο",    "αρχείο",    "Εικόνα",   "ไฟล์",     "ภาพ",       "चित्र",      "চিত্র",    "Պատկեր"};
  return names.contains(name);
}

bool is_category_namespace(std::string_view name) {
  static const NameSet names = {
      "category",  "kategorie", "catégorie", "categoría", "categoria", "categorie", "kategoria", "kategori",
      "luokka",    "kategória", "kategorija", "kategorio", "thể loại", "Категория", "категория", "Категорія",
      "категорія", "Категорија", "категорија", "Катэгорыя", "カテゴリ", "分类",     "分類",      "분류",
      "تصنيف",     "رده",       "קטגוריה",   "Κατηγορία", "κατηγορία", "หมวดหมู่",  "श्रेणी",     "বিষয়শ্রেণী",
      "Կատեգորիա", "flokkur",   "catègoria"};
  return names.contains(name);
}

bool is_language_prefix(std::string_view prefix) {
  // Longer codes and those of other forms; `doi` and the like have a code's form.
  static const NameSet longer = {"simple", "be-x-old", "be-tarask", "zh-min-nan", "zh-classical", "zh-yue",
                                 "bat-smg", "fiu-vro", "map-bms", "roa-rup", "roa-tara", "cbk-zam", "nds-nl"};
  static const NameSet others = {"doi", "hdl", "oeis", "rfc", "pmid", "wmf", "foo", "nasa", "irc", "cve"};
  if (prefix.size() == 2 || prefix.size() == 3)
    return std::all_of(prefix.begin(), prefix.end(), is_lower_ascii) && !others.contains(prefix);
  return longer.contains(prefix);
}

bool is_project_prefix(std::string_view name) {
  static const NameSet names = {"b", "c", "d", "m", "n", "q", "s", "v", "voy", "w", "commons", "wikt", "wiktionary",
                                "wikibooks", "wikinews", "wikipedia", "wikiquote", "wikisource", "wikispecies",
                                "wikiversity", "species", "meta", "mw", "wikivoyage", "wikidata"};
  return names.contains(name);
}

bool is_apparatus_heading(std::string_view title) {
  static const NameSet names = {
      "references", "reference", "notes", "footnotes", "notes and references", "references and notes", "citations",
      "notes and citations", "sources", "works cited", "bibliography", "further reading", "external links",
      "external link", "see also", "general references", "cited sources", "gallery", "image gallery", "endnotes",
      "references and further reading", "sources and references", "related pages", "other websites", "literature",
      "einzelnachweise", "literatur", "weblinks", "siehe auch", "quellen", "belege", "anmerkungen", "galerie",
      "références", "notes et références", "liens externes", "voir aussi", "bibliographie", "annexes",
      "articles connexes", "referencias", "enlaces externos", "véase también", "bibliografía", "notas",
      "notas y referencias", "note", "collegamenti esterni", "altri progetti", "voci correlate", "bibliografia",
      "referências", "ligações externas", "ver também", "zie ook", "externe links", "externe link",
      "bronnen, noten en/of referenties", "przypisy", "linki zewnętrzne", "zobacz też", "referenser",
      "externa länkar", "se även", "källor", "lähteet", "katso myös", "aiheesta muualla", "reference a poznámky",
      "externí odkazy", "související články", "kaynakça", "dış bağlantılar", "ayrıca bakınız",
      "Примечания", "Литература", "Ссылки", "См. также", "Источники", "Примітки", "Література", "Посилання",
      "Джерела", "Див. також", "Външни препратки", "Източници", "Бележки", "Вижте също", "Спољашње везе",
      "Референце", "Види још", "脚注", "参考文献", "外部リンク", "関連項目", "出典", "注釈", "参考资料", "外部链接",
      "參考資料", "外部連結", "参见", "參見", "注释", "각주", "외부 링크", "같이 보기", "참고 문헌", "مراجع", "المراجع",
      "وصلات خارجية", "انظر أيضا", "انظر أيضًا", "منابع", "پانویس", "پیوند به بیرون", "جستارهای وابسته",
      "הערות שוליים", "קישורים חיצוניים", "ראו גם", "לקריאה נוספת", "Παραπομπές", "Εξωτερικοί σύνδεσμοι",
      "Δείτε επίσης", "Πηγές"};
  return names.contains(title) || names.contains(fold_wiki_name(title));
}

bool is_disambiguation_template(std::string_view name) {
  static const NameSet names = {
      "dab", "hndis", "hndab", "geodis", "mil-unit-dis", "numberdis", "letter-number combination disambig", "shipindex",
      "begriffsklärung", "homonymie", "homonymes", "desambiguación", "desambiguacion", "disambigua", "desambiguação",
      "dp", "doorverwijspagina", "ujednoznacznienie", "förgrening", "gren", "grensida", "täsmennyssivu",
      "rozcestník", "egyért", "egyértelműsítő lap", "anlam ayrımı", "trang định hướng", "неоднозначность",
      "Неоднозначность", "Неоднозначність", "неоднозначність", "пояснение", "Пояснение",
      "Вишезначна одредница", "aimai", "曖昧さ回避", "消歧义", "消歧義", "동음이의", "توضيح", "ابهام‌زدایی", "פירושונים",
      "Αποσαφήνιση", "αποσαφήνιση"};
  if (names.contains(name)) return true;
  // "human name disambiguation", but neither "disambiguation needed" in the text nor "disambig editintro".
  return name.find("disambig") != std::string_view::npos && name.find("need") == std::string_view::npos &&
         name.find("intro") == std::string_view::npos && !name.starts_with("r ") && !name.starts_with("redirect");
}

}  // namespace diecast
