#include "cli/build_info.hpp"

namespace diecast {

std::string compiler_name() {
#ifdef __clang__
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

BuildFacts build_facts() {
#ifdef NDEBUG
  constexpr bool kAssertions = false;
#else
  constexpr bool kAssertions = true;
#endif
  // From Meson: this file itself is compiled at a level of its own.
  return {DIECAST_OPTIMIZATION, kAssertions, DIECAST_SANITIZER};
}

}  // namespace diecast
