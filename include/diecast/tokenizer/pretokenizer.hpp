#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <diecast/tokenizer/char_class.hpp>
#include <string_view>

namespace diecast {

/// What is in 64 bytes: bit i tells of byte i.
struct AsciiBlock {
  static constexpr std::size_t kBytes = 64;

  std::uint64_t letters, numbers, white, spaces, apostrophes;  // of ASCII
  std::uint64_t foreign;                                       // not ASCII
};

AsciiBlock read_ascii_block(const char* at);

/// Finds the pieces of a text by GPT-2's pattern (Radford et al. 2019):
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
class PieceScanner {
 public:
  explicit PieceScanner(std::string_view text) : end_(text.data() + text.size()) {}

  /// Where pieces begin in the text at `at`, which is where one ended: bit i for `at[i]`. None are missing
  /// among those up to the last. 0, if too little ASCII or text follows to tell.
  std::uint64_t starts_at(const char* at) const {
    if (end_ - at < static_cast<std::ptrdiff_t>(AsciiBlock::kBytes)) return 0;
    const AsciiBlock block = read_ascii_block(at);
    // Whether a piece begins at a byte depends on the byte before it and two more behind.
    const std::uint64_t ascii = block.foreign == 0 ? ~std::uint64_t{0} : (block.foreign & -block.foreign) - 1;
    const std::uint64_t known = ascii >> 2;
    const std::uint64_t white = block.white, symbols = ~(block.letters | block.numbers | white);
    const std::uint64_t continues = (block.letters & block.letters << 1) |
                                    (block.numbers & block.numbers << 1) | (symbols & symbols << 1) |
                                    block.spaces << 1;
    std::uint64_t starts = (~white & ~continues) | (white & (~(white << 1) | ~(white >> 1))) | 1;
    for (std::uint64_t rest = starts & known & block.apostrophes; rest != 0; rest &= rest - 1) {
      const int apostrophe = std::countr_zero(rest);
      if (const std::size_t size = contraction(at + apostrophe)) {
        starts &= ~(std::uint64_t{2} << apostrophe);
        starts |= std::uint64_t{1} << apostrophe << size;
      }
    }
    return starts & known;
  }

  /// The end of the piece that begins at `at`, which is before the end of the text and where a piece ended.
  const char* piece_end(const char* at) const {
    const char* start = at + (*at == ' ');  // behind the space that may come before a run
    if (start == end_) return end_;
    const Character first = read(start);
    switch (first.kind) {
      case CharClass::letter:
      case CharClass::number:
        return end_of_run(start + first.bytes, first.kind);
      case CharClass::symbol:
        if (const std::size_t size = start == at ? contraction(at) : 0) return at + size;
        return end_of_run(start + first.bytes, first.kind);
      case CharClass::none:
        if (start == at) return end_of_run(start + 1, first.kind);
        return start;
      case CharClass::space:
        break;
    }
    return end_of_spaces(at);
  }

 private:
  Character read(const char* at) const { return read_character({at, static_cast<std::size_t>(end_ - at)}); }

  const char* end_of_run(const char* at, CharClass kind) const {
    while (at < end_) {
      const Character next = read(at);
      if (next.kind != kind) break;
      at += next.bytes;
    }
    return at;
  }

  // White space before something else leaves its last character to that.
  const char* end_of_spaces(const char* begin) const {
    const char* last = begin;
    const char* at = begin;
    while (at < end_) {
      const Character next = read(at);
      if (next.kind != CharClass::space) return last == begin || next.kind == CharClass::none ? at : last;
      last = at;
      at += next.bytes;
    }
    return at;
  }

  // Bytes of the contraction that an apostrophe starts, or 0.
  std::size_t contraction(const char* at) const {
    if (*at != '\'' || end_ - at < 2) return 0;
    const char next = at[1], after = end_ - at < 3 ? '\0' : at[2];
    if (next == 's' || next == 't' || next == 'm' || next == 'd') return 2;
    if ((next == 'r' && after == 'e') || (next == 'v' && after == 'e') || (next == 'l' && after == 'l'))
      return 3;
    return 0;
  }

  const char* end_;
};

/// Cuts `text` as GPT-2 does (contractions, words, numbers, punctuation, white space) and calls `visit` with
/// a string_view of every piece in order. Tokens never cross pieces. Pieces are not empty, view into `text`
/// and together are `text`, byte for byte: a run of bytes that are not UTF-8 is a piece of its own.
template <class Visit>
void for_each_piece(std::string_view text, Visit&& visit) {
  const PieceScanner scanner(text);
  const char* const end = text.data() + text.size();
  const auto visit_piece = [&](const char* from, const char* to) {
    visit(std::string_view(from, static_cast<std::size_t>(to - from)));
  };
  for (const char* at = text.data(); at != end;) {
    const char* begin = at;
    for (std::uint64_t starts = scanner.starts_at(at) & ~std::uint64_t{1}; starts != 0;
         starts &= starts - 1) {
      const char* next = at + std::countr_zero(starts);
      visit_piece(begin, next);
      begin = next;
    }
    if (begin == at) {
      begin = scanner.piece_end(at);
      visit_piece(at, begin);
    }
    at = begin;
  }
}

}  // namespace diecast
