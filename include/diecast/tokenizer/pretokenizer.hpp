#pragma once

#include <functional>
#include <string_view>

namespace diecast {

/// Cuts `text` as GPT-2 does (contractions, words, numbers, punctuation, white space) and calls `visit` for
/// every piece in order. Tokens never cross pieces. Pieces are not empty, view into `text` and together are
/// `text`, byte for byte: a run of bytes that are not UTF-8 is a piece of its own.
///
/// Letters and numbers are those of Unicode 14 (PCRE2 10.42). Thread-safe. Throws Error if the system forbids
/// executable memory.
void for_each_piece(std::string_view text, const std::function<void(std::string_view)>& visit);

}  // namespace diecast
