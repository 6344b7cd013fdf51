#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace diecast {

/// Selects names that a Perl-compatible regular expression matches anywhere; the empty one selects all.
class NameFilter {
 public:
  /// Throws Error(Fault::usage) that points at the mistake in `pattern`.
  explicit NameFilter(const std::string& pattern);
  ~NameFilter();
  NameFilter(const NameFilter&) = delete;
  NameFilter& operator=(const NameFilter&) = delete;

  bool selects(std::string_view name) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace diecast
