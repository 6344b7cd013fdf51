#pragma once

#include <cstdio>

namespace diecast {

/// Whether the stream is a terminal that understands escape sequences.
bool takes_escapes(std::FILE* stream);

/// Whether to colour what is written there: on such a terminal, never under NO_COLOR (https://no-color.org).
bool takes_colour(std::FILE* stream);

}  // namespace diecast
