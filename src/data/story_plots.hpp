#pragma once

#include <string_view>

#include "data/story_plots_friends.hpp"
#include "data/story_plots_home.hpp"
#include "data/story_plots_outdoors.hpp"
#include "data/story_plots_small.hpp"
#include "data/story_plots_wonders.hpp"

namespace diecast::stories {

/// Whom a plot suits.
enum class World { any, child };

struct Plot {
  std::string_view text;
  World world = World::any;
};

inline constexpr Plot kPlots[] = {
    {plots::lost_and_found},
    {plots::sharing},
    {plots::new_friend},
    {plots::quarrel},
    {plots::race},
    {plots::teamwork},
    {plots::boasting},
    {plots::mending},
    {plots::gift},
    {plots::mistake},
    {plots::night_fears},
    {plots::surprise},
    {plots::picky},
    {plots::rainy_day},
    {plots::storm},
    {plots::journey},
    {plots::garden},
    {plots::rescue},
    {plots::lost_way},
    {plots::treasure},
    {plots::snow},
    {plots::wish},
    {plots::mystery, World::child},
    {plots::dream},
    {plots::learning},
    {plots::stage},
    {plots::honesty},
    {plots::nursing},
    {plots::small_hero},
    {plots::letter},
    {plots::bedtime_questions},
    {plots::echo},
    {plots::stone_soup},
    {plots::clouds},
    {plots::hide_and_seek},
    {plots::pond_moon},
    {plots::market_day},
};

}  // namespace diecast::stories
