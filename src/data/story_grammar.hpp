#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

/// The notation in which the stories are written. A text may contain
///
///     [a|b|c]         one of these, evenly; they nest
///     <name>          an item of the List `name`, drawn anew each time; the first items are the commonest
///     {role}          a cell of the Row that the story has cast in this role: the same words to the end
///     {role.column}   likewise; {Role.column} begins with a capital
///     {he}            the hero's pronoun, as are {him}, {his} and {himself}
///     %               "a" or "an", whichever the next word asks for
///     /               a new paragraph
///     ~               no capital after this, where a sentence seems to begin
///
/// Blanks and line ends count as one space. Sentences get their capitals, except after `!"` and `?"`, where
/// "she asked" may follow. A stop or comma after a stop is dropped, so `[Where|Where?]," she said` will do.
namespace diecast::stories {

/// Interchangeable words or sentences.
struct List {
  std::string_view name;
  std::span<const std::string_view> items;
};

inline constexpr std::size_t kColumns = 11;
using Row = std::array<std::string_view, kColumns>;

/// How a row is chosen.
enum class Draw {
  even,
  skewed,  ///< the first rows are the commonest
};

/// Things of one kind, with the words that go with each. The first column is the thing itself.
struct Table {
  std::span<const std::string_view> columns;
  std::span<const Row> rows;
  Draw draw = Draw::skewed;
};

/// What a story casts once: a row of `child` when its hero is a child, of `beast` when it is an animal.
struct Role {
  std::string_view name;
  const Table& child;
  const Table& beast;
  std::string_view unlike = {};  ///< the role whose thing this one must not be
};

}  // namespace diecast::stories
