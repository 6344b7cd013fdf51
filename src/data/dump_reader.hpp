#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "data/byte_source.hpp"
#include "data/wikitext.hpp"

namespace diecast {

/// One page of a dump, of its last revision.
struct DumpPage {
  std::uint64_t id = 0;
  std::string title;
  std::string space;  ///< number of its namespace; empty in dumps that do not say
  std::string model;  ///< of its content; empty in dumps that do not say
  std::string text;
  bool redirect = false;
  bool too_large = false;  ///< its text is left out
};

/// Reads MediaWiki's XML as it comes. Holds one page and a buffer of the input.
class DumpReader {
 public:
  /// A page's text is kept if `wanted` says so, given what comes before it in the dump: title, namespace, id, redirect.
  DumpReader(ByteSource& bytes, std::string name, std::function<bool(const DumpPage&)> wanted);
  ~DumpReader();

  /// Overwrites `page` with the next one, or returns false at the end. Throws Error(Fault::usage) with `name:line`
  /// where the XML is cut short, malformed, or no dump.
  bool next(DumpPage& page);

  /// As the dump itself names them, before its first page.
  const WikiNamespaces& namespaces() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diecast
