#pragma once

#include <string_view>

namespace diecast::wikitext_marks {

// Between taking markup out (wikitext.cpp) and laying out what is left (wikitext_layout.cpp), control characters stand
// for what the layout must know. Those of the page itself are dropped before.

inline constexpr char kHole = '\1';      // something was left out here
inline constexpr char kBreak = '\2';     // the line ends here whatever follows
inline constexpr char kHeading = '\3';   // at the front of a line: it is one, between its `=`
inline constexpr char kItem = '\4';      // at the front of a line: one of a list
inline constexpr char kItalic = '\5';    // ''
inline constexpr char kBold = '\6';      // '''
inline constexpr char kLinkItem = '\7';  // at the front of a line: one of a list of links to elsewhere
inline constexpr std::string_view kAll = "\1\2\3\4\5\6\7";

}  // namespace diecast::wikitext_marks
