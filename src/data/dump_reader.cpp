#include "data/dump_reader.hpp"

#include <charconv>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include <expat.h>

#include <diecast/core/error.hpp>

#include "data/wikitext_names.hpp"

namespace diecast {
namespace {

constexpr int kXmlChunk = 256 * 1024;
constexpr std::size_t kLargestPage = std::size_t{16} << 20;

}  // namespace

struct DumpReader::Impl {
  Impl(ByteSource& source, std::string path, std::function<bool(const DumpPage&)> filter)
      : bytes(source), name(std::move(path)), wanted(std::move(filter)), parser(XML_ParserCreate(nullptr)) {
    if (parser == nullptr) throw std::bad_alloc();
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser,
        [](void* self, const XML_Char* tag, const XML_Char** attributes) {
          static_cast<Impl*>(self)->guarded([&](Impl& reader) { reader.start(tag, attributes); });
        },
        [](void* self, const XML_Char*) { static_cast<Impl*>(self)->guarded([](Impl& reader) { reader.end(); }); });
    XML_SetCharacterDataHandler(parser, [](void* self, const XML_Char* text, int length) {
      static_cast<Impl*>(self)->guarded([&](Impl& reader) {
        reader.characters({text, static_cast<std::size_t>(length)});
      });
    });
    // Dumps have none; with them a small file can be made to mean a huge one.
    XML_SetEntityDeclHandler(parser, [](void* self, const XML_Char*, int, const XML_Char*, int, const XML_Char*,
                                        const XML_Char*, const XML_Char*, const XML_Char*) {
      static_cast<Impl*>(self)->guarded([](Impl& reader) { reader.refuse("the XML declares entities"); });
    });
  }
  ~Impl() { XML_ParserFree(parser); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // Exceptions must not pass through expat.
  template <class F>
  void guarded(F&& f) {
    if (failure) return;
    try {
      f(*this);
    } catch (...) {
      failure = std::current_exception();
      XML_StopParser(parser, XML_FALSE);
    }
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(Fault::usage, what, name + ":" + std::to_string(XML_GetCurrentLineNumber(parser)),
                "give a pages-articles dump of MediaWiki, whole");
  }

  bool in(std::string_view parent) const { return depth >= 2 && path[depth - 2] == parent; }

  void start(std::string_view tag, const XML_Char** attributes) {
    ++depth;
    target = nullptr;
    if (depth > kDeepest) return;
    path[depth - 1] = tag;
    if (depth == 1 && tag != "mediawiki") refuse("the XML is no dump of MediaWiki");
    if (depth == 2 && tag == "page") page = DumpPage();
    if (depth == 3 && in("page")) {
      if (tag == "redirect") page.redirect = true;
      if (tag == "title") take(page.title);
      if (tag == "ns") take(page.space);
      if (tag == "id") take(id);
    } else if (depth == 4 && in("revision")) {
      if (tag == "model") take(page.model);
      if (tag == "text" && !asked) {
        asked = true;
        skipped = !wanted(page);
      }
      if (tag == "text" && !skipped) take(page.text);
    } else if (depth == 4 && in("namespaces")) {
      names_of = nullptr;
      for (; *attributes != nullptr; attributes += 2)
        if (std::strcmp(attributes[0], "key") == 0)
          names_of = std::strcmp(attributes[1], "6") == 0    ? &names.file
                     : std::strcmp(attributes[1], "14") == 0 ? &names.category
                                                             : nullptr;
      if (names_of != nullptr) take(namespace_name);
    }
  }

  void take(std::string& field) {
    field.clear();
    target = &field;
  }

  void characters(std::string_view text) {
    if (target == nullptr) return;
    if (target->size() + text.size() <= kLargestPage) {
      target->append(text);
      return;
    }
    page.too_large = true;
    *target = std::string();
    target = nullptr;
  }

  void end() {
    target = nullptr;
    if (depth <= kDeepest) {
      const std::string_view tag = path[depth - 1];
      if (depth == 3 && tag == "id" && in("page")) {
        const auto parsed = std::from_chars(id.data(), id.data() + id.size(), page.id);
        if (parsed.ec != std::errc()) refuse("the id of a page is no number");
      }
      if (depth == 4 && in("namespaces") && names_of != nullptr) names_of->push_back(fold_wiki_name(namespace_name));
      if (depth == 2 && tag == "page") {
        asked = skipped = false;
        complete = true;
        XML_StopParser(parser, XML_TRUE);
      }
    }
    --depth;
  }

  // Parses on until a page is complete or the input ends.
  void advance() {
    XML_Status status = XML_STATUS_OK;
    if (suspended) {
      status = XML_ResumeParser(parser);
    } else {
      void* const buffer = XML_GetBuffer(parser, kXmlChunk);
      if (buffer == nullptr) throw std::bad_alloc();
      const std::size_t size = bytes.read({static_cast<char*>(buffer), kXmlChunk});
      last = size == 0;
      status = XML_ParseBuffer(parser, static_cast<int>(size), last);
    }
    suspended = status == XML_STATUS_SUSPENDED;
    if (failure) std::rethrow_exception(failure);
    if (status == XML_STATUS_ERROR) report_malformed();
    ended = last && !suspended;
  }

  [[noreturn]] void report_malformed() const {
    const XML_Error code = XML_GetErrorCode(parser);
    if (code == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
    if (last) refuse("the XML is cut short");
    refuse(std::string("the XML is malformed: ") + XML_ErrorString(code));
  }

  static constexpr std::size_t kDeepest = 4;  // of the elements that matter

  ByteSource& bytes;
  std::string name;
  std::function<bool(const DumpPage&)> wanted;
  XML_Parser parser;
  std::exception_ptr failure;
  std::size_t depth = 0;
  std::string path[kDeepest];
  std::string* target = nullptr;  // of the characters of the innermost element
  DumpPage page;
  std::string id, namespace_name;
  WikiNamespaces names;
  std::vector<std::string>* names_of = nullptr;
  bool asked = false, skipped = false;  // whether this page's text is wanted
  bool complete = false, suspended = false, last = false, ended = false;
};

DumpReader::DumpReader(ByteSource& bytes, std::string name, std::function<bool(const DumpPage&)> wanted)
    : impl_(std::make_unique<Impl>(bytes, std::move(name), std::move(wanted))) {}

DumpReader::~DumpReader() = default;

bool DumpReader::next(DumpPage& page) {
  while (!impl_->ended) {
    impl_->complete = false;
    impl_->advance();
    if (!impl_->complete) continue;
    std::swap(page, impl_->page);
    return true;
  }
  return false;
}

const WikiNamespaces& DumpReader::namespaces() const { return impl_->names; }

}  // namespace diecast
