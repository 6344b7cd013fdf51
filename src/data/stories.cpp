#include <diecast/data/stories.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "data/story_grammar.hpp"
#include "data/story_markers.hpp"
#include "data/story_plots.hpp"
#include "data/story_printer.hpp"

namespace diecast::stories {
namespace {

/// SplitMix64: the n-th value is a hash of (seed, index, n).
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t index) : state_(mix(mix(seed + kStep) ^ (index * kStep))) {}

  /// Uniform in [0, n), n < 2^32; the bias is below n / 2^32.
  std::size_t even(std::size_t n) { return static_cast<std::size_t>((next() * n) >> 32); }

  /// In [0, n) with density proportional to x^(-1/2): of 50 items, the first gets 0.14, the last 0.01.
  std::size_t skewed(std::size_t n) {
    const std::uint64_t u = next();
    return static_cast<std::size_t>((((u * u) >> 32) * n) >> 32);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15u;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t next() { return mix(state_ += kStep) >> 32; }

  std::uint64_t state_;
};

/// Expands one plot. What it writes still has '%', '~' and '^' (capital), which `Printer` resolves.
class Teller {
 public:
  explicit Teller(Dice& dice) : dice_(dice) {
    rows_.fill(kNowhere);
    const Plot& plot = kPlots[dice_.even(std::size(kPlots))];
    beasts_ = plot.world == World::any && dice_.even(3) == 0;
    text_.reserve(2048);
    expand(plot.text, text_);
  }
  const std::string& text() const { return text_; }

 private:
  void expand(std::string_view text, std::string& out) {
    std::size_t plain = 0;  // where the text not yet written begins
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c != '[' && c != '{' && c != '<') continue;
      out += text.substr(plain, i - plain);
      if (c == '[') {
        const Choice choice(text, i);
        expand(choice.pick(text, dice_.even(choice.count)), out);
        i = choice.close();
      } else {
        const std::size_t end = text.find(c == '{' ? '}' : '>', i);
        const auto marker = text.substr(i + 1, end - i - 1);
        if (c == '{') write_slot(find_slot(marker), out);
        if (c == '<') write_item(list_at(find_list(marker)), out);
        i = end;
      }
      plain = i + 1;
    }
    out += text.substr(plain);
  }

  void write_item(const List& list, std::string& out) {
    expand(list.items[dice_.skewed(list.items.size())], out);
  }

  void write_slot(Slot slot, std::string& out) {
    if (slot.capital) out += '^';
    out += cell(slot.role, slot.column);
  }

  /// The words of a role, cast at their first use.
  const std::string& cell(std::size_t role, std::size_t column) {
    if (rows_[role] == kNowhere) cast(role);
    std::string& words = cells_[role][column];
    if (words.empty()) expand(table(role).rows[rows_[role]][column], words);
    return words;
  }

  void cast(std::size_t role) {
    const Table& from = table(role);
    const std::size_t n = from.rows.size();
    const std::string_view unlike = kRoles[role].unlike;
    const std::string other = unlike.empty() ? std::string{} : cell(find_role(unlike), 0);
    do {
      rows_[role] = from.draw == Draw::even ? dice_.even(n) : dice_.skewed(n);
      cells_[role][0].clear();
    } while (cell(role, 0) == other);
  }

  const Table& table(std::size_t role) const { return beasts_ ? kRoles[role].beast : kRoles[role].child; }

  Dice& dice_;
  bool beasts_ = false;
  std::array<std::size_t, kRoleCount> rows_{};
  std::array<std::array<std::string, kColumns>, kRoleCount> cells_;
  std::string text_;
};

std::size_t count_words(std::string_view page) {
  std::size_t words = 1;
  for (std::size_t i = 1; i < page.size(); ++i) words += is_blank(page[i]) && !is_blank(page[i - 1]) ? 1 : 0;
  return words;
}

}  // namespace
}  // namespace diecast::stories

namespace diecast {
namespace {

// One telling in 240 runs over and is told anew.
constexpr std::size_t kFewestWords = 60;
constexpr std::size_t kMostWords = 220;

}  // namespace

std::string story(std::uint64_t seed, std::uint64_t index) {
  stories::Dice dice(seed, index);
  for (;;) {
    const stories::Teller teller(dice);
    std::string page = stories::Printer(teller.text().size()).print(teller.text());
    const std::size_t words = stories::count_words(page);
    if (words >= kFewestWords && words <= kMostWords) return page;
  }
}

}  // namespace diecast
