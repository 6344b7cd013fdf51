#include <diecast/report/terminal.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace diecast {

bool takes_escapes(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

bool takes_colour(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  return takes_escapes(stream) && (no_color == nullptr || *no_color == '\0');
}

}  // namespace diecast
