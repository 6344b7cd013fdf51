#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "data/story_cast.hpp"
#include "data/story_events.hpp"
#include "data/story_grammar.hpp"
#include "data/story_phrases.hpp"
#include "data/story_wonders.hpp"
#include "data/story_words.hpp"
#include "data/story_world.hpp"

/// What the markers in a text stand for, and the check that they all stand for something.
namespace diecast::stories {

inline constexpr Role kRoles[] = {
    {"hero", kChild, kBeast},
    {"kin", kKin, kKin},
    {"friend", kChildFriend, kBeastFriend, "hero"},
    {"friend_kin", kKin, kKin, "kin"},
    {"elder", kElder, kElder},
    {"trait", kTrait, kTrait},
    {"helper", kHelper, kElderBeast},
    {"thing", kThing, kThing},
    {"place", kVillagePlace, kWildPlace},
    {"outside", kOpenPlace, kWildPlace},
    {"wild", kWild, kWild},
    {"season", kSeason, kSeason},
    {"animal", kAnimal, kCritter},
    {"pet", kPet, kCritter},
    {"food", kFood, kFood},
    {"treat", kFood, kFood, "food"},
    {"skill", kChildSkill, kBeastSkill},
    {"fix", kFix, kFix},
    {"mishap", kMishap, kMishap},
    {"craft", kCraft, kCraft},
    {"crop", kCrop, kCrop},
    {"noise", kNoise, kNoise},
    {"mystery", kMystery, kMystery},
    {"plight", kPlight, kPlight},
    {"hurdle", kHurdle, kHurdle},
    {"second", kHurdle, kHurdle, "hurdle"},
    {"giant", kGiant, kGiant},
    {"hoard", kHoard, kHoard},
    {"wish", kWish, kWish},
    {"boast", kBoast, kBoast},
    {"act", kAct, kAct},
    {"dish", kDish, kDish},
    {"dream", kDream, kDream},
    {"den", kDen, kDen},
};
inline constexpr std::size_t kRoleCount = std::size(kRoles);
inline constexpr std::size_t kNowhere = ~std::size_t{0};

/// A column of a role, as `{role.column}` names it.
struct Slot {
  std::size_t role = kNowhere;
  std::size_t column = kNowhere;
  bool capital = false;
};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr bool same_name(std::string_view name, std::string_view written) {
  return !written.empty() && name.size() == written.size() && name[0] == lower(written[0]) &&
         name.substr(1) == written.substr(1);
}

constexpr std::size_t find_role(std::string_view written) {
  for (std::size_t i = 0; i < kRoleCount; ++i)
    if (same_name(kRoles[i].name, written)) return i;
  return kNowhere;
}

constexpr std::size_t find_column(const Table& table, std::string_view name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i] == name) return i;
  return kNowhere;
}

/// `{he}`, `{him}`, `{his}` and `{himself}` are the hero's.
constexpr Slot find_slot(std::string_view marker) {
  const bool capital = marker[0] != lower(marker[0]);
  for (std::string_view pronoun : {"he", "his", "him", "himself"})
    if (same_name(pronoun, marker)) return {0, find_column(kRoles[0].child, pronoun), capital};
  const auto dot = marker.find('.');
  const std::size_t role = find_role(marker.substr(0, dot));
  if (role == kNowhere) return {};
  const auto column = dot == std::string_view::npos ? std::string_view{} : marker.substr(dot + 1);
  return {role, find_column(kRoles[role].child, column), capital};
}

/// Words first, then phrases. Numbered, because g++ with -fsanitize=undefined has no constant pointers.
constexpr const List& list_at(std::size_t i) {
  return i < std::size(kWordLists) ? kWordLists[i] : kPhraseLists[i - std::size(kWordLists)];
}
constexpr std::size_t find_list(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kWordLists) + std::size(kPhraseLists); ++i)
    if (list_at(i).name == name) return i;
  return kNowhere;
}

/// The alternatives of the bracket that opens at `open`.
struct Choice {
  static constexpr std::size_t kMost = 16;
  std::array<std::size_t, kMost + 1> bounds{};  // of '[', each '|', ']'
  std::size_t count = 0;

  constexpr Choice(std::string_view text, std::size_t open) {
    bounds[0] = open;
    std::size_t depth = 0;
    for (std::size_t i = open + 1; i < text.size(); ++i) {
      if (text[i] == '[') ++depth;
      if (text[i] == '|' && depth == 0) add(i);
      if (text[i] != ']' || depth-- > 0) continue;
      add(i);
      return;
    }
  }
  constexpr void add(std::size_t bound) {
    if (count == kMost) throw "stories: a bracket of too many alternatives";
    bounds[++count] = bound;
  }
  constexpr std::size_t close() const { return bounds[count]; }
  constexpr std::string_view pick(std::string_view text, std::size_t i) const {
    return text.substr(bounds[i] + 1, bounds[i + 1] - bounds[i] - 1);
  }
};

}  // namespace diecast::stories
