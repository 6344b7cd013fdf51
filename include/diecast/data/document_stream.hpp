#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace diecast {

/// One document on its way from a corpus to tokens.
struct Document {
  std::string text;      ///< its bytes as they are; never empty
  std::string name;      ///< where it came from, for people: `path`, `path:line`, or `path: page title`
  std::uint64_t id = 0;  ///< its number in the source, or the id that the source itself gives it (a page's)
};

/// How far a stream has come, in bytes of input as they lie on the disk; `total` 0: not known.
struct StreamProgress {
  std::uint64_t bytes = 0, total = 0;
  std::uint64_t files = 0, total_files = 0;
};

/// Told how far reading has come, on the thread that reads and often enough to stop it: what it throws ends `next`.
using ReadTick = std::function<void(const StreamProgress&)>;

/// The documents of a corpus, one after another, each read once. The order depends on the corpus alone, not on
/// threads or time. Memory stays bounded however long the corpus is; each reader says by what.
class DocumentStream {
 public:
  virtual ~DocumentStream() = default;

  /// Overwrites `document` with the next one, or returns false at the end. Throws Error(Fault::usage) for input that
  /// is damaged or not what it says it is, with the file and the place in it.
  virtual bool next(Document& document) = 0;

  virtual StreamProgress progress() const = 0;
};

}  // namespace diecast
