#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include <diecast/data/corpus.hpp>
#include <diecast/data/document_stream.hpp>

#include "data/byte_source.hpp"

namespace diecast {

struct WikipediaOptions {
  std::uint64_t seed = 1;  ///< of page_rank
  /// Pages whose page_rank is greater are left out: PageSample::bound() for a number of pages; 2^64 times a share for
  /// that share of them.
  std::uint64_t bound = std::numeric_limits<std::uint64_t>::max();
  std::function<void()> tick = {};  ///< called after each page, left out or not
};

/// Where a page stands in the order in which samples take pages: a hash of its id and of `seed`, nothing else, so that
/// every reader of a dump draws the same sample, and a smaller one is part of a larger.
std::uint64_t page_rank(std::uint64_t seed, std::uint64_t id);

/// Finds the bound that leaves `count` articles of the dumps that are shown to it. How many pages a dump has is not
/// written in it, so this reads it once, without looking into the text. Memory: 8 bytes for each page of the sample.
class PageSample {
 public:
  PageSample(std::uint64_t count, std::uint64_t seed) : count_(count), seed_(seed) {}

  /// Calls `tick` after each page. Throws as open_wikipedia's stream does.
  void add(ByteSource& bytes, const std::string& name, const std::function<void()>& tick);
  std::uint64_t bound() const;

 private:
  std::uint64_t count_, seed_;
  std::priority_queue<std::uint64_t> lowest_;
};

/// The articles of a MediaWiki XML dump (https://www.mediawiki.org/wiki/Help:Export; `pages-articles`, schemas 0.3 to
/// 0.11) as prose, wikitext_to_text: pages of namespace 0 that are no redirects and do not tell the meanings of a title
/// apart; of several revisions the last. A document's name is "`name`: title", its id the page's. What was left out is
/// told to `notice` at the end. Memory: the largest page, twice; pages of more than 16 MiB are left out and counted.
///
/// XML that is cut short, malformed, no dump, or declares entities is Error(Fault::usage) with `name:line`, after the
/// pages before that place.
std::unique_ptr<DocumentStream> open_wikipedia(std::unique_ptr<ByteSource> bytes, std::string name,
                                               const WikipediaOptions& options, Notice notice);

}  // namespace diecast
