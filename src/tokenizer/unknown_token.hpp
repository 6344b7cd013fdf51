#pragma once

#include <cstddef>

#include <diecast/core/token.hpp>

namespace diecast {

/// Throws Error(Fault::usage): `token` is no id of a vocabulary of `vocab_size` entries.
[[noreturn]] void refuse_unknown_token(Token token, std::size_t vocab_size);

}  // namespace diecast
