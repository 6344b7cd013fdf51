#pragma once

#include "data/story_grammar.hpp"

/// Sentences and parts of sentences that many plots share.
namespace diecast::stories {

using Phrases = const std::string_view[];

inline constexpr Phrases houses = {"a small house by the sea",
                                   "a cottage at the edge of the forest",
                                   "a white house at the end of the lane",
                                   "a red house on the hill",
                                   "a little village in the mountains",
                                   "a cottage with a green door",
                                   "a cabin by the lake",
                                   "a farmhouse among the wheat fields",
                                   "a stone house near the old bridge",
                                   "a village where everyone kept bees",
                                   "a yellow house with a creaky gate",
                                   "a houseboat on the river",
                                   "a valley full of apple trees",
                                   "a crooked house beside the canal",
                                   "a tall house with blue shutters",
                                   "a windy village on the coast",
                                   "an attic room above the bakery",
                                   "a street with seven lampposts",
                                   "a narrow house between two wide ones",
                                   "a mill beside the stream",
                                   "a brick house opposite the fire station",
                                   "a caravan with <color> wheels",
                                   "a lighthouse on a rock",
                                   "an old inn by the crossroads"};

// The hero is introduced. Every fourth story begins with "Once upon a time".
inline constexpr Phrases openings = {
    R"([Once upon a time,
          [there was {hero.kind} [named|called] {hero}. {he} [lived in {hero.home}|lived with {his}
            {elder} in {hero.home}|loved <hobby>].
          |there was {hero.kind} named {hero} who [lived in {hero.home}|loved <hobby>|liked nothing
            better than [<hobby>|watching {animal.all}]].
          |{hero.kind} named {hero} lived in {hero.home}[| with {his} {elder}].
          |in {hero.home}, there lived {hero.kind} [named|called] {hero}.[| {he} loved <hobby>.]]
       |[There was once {hero.kind} [named|called] {hero} who [lived in {hero.home}|loved <hobby>].
          |In {hero.home} lived {hero.kind} [named|called] {hero}.[| {he} was fond of
            [<hobby>|<hobby>|{animal.all}].]
          |[Long ago|Not so long ago|Many years ago], {hero.kind} named {hero} lived in {hero.home}.
          |{hero}, {hero.kind}, lived in {hero.home} with {his} {elder}.]
          |{hero} was {hero.kind} who [lived in {hero.home}|loved <hobby>|lived with {his} {elder}
            in {hero.home}|spent whole days <hobby>].
       |[Everyone in the {hero.town} knew {hero}, {hero.kind} who loved <hobby>.
          |This is the story of {hero}, {hero.kind} who lived in {hero.home}.
          |Have you ever heard of {hero}? {He} was {hero.kind} who loved <hobby>.
          |Do you know {hero.home}? That is where {hero} lived, {hero.kind} who loved <hobby>.
          |If you had visited {hero.home}, you would have met {hero}, {hero.kind} who loved <hobby>.]])"};

inline constexpr Phrases one_days = {"One day,",
                                     "One morning,",
                                     "One <fine> morning,",
                                     "One <fine> <daypart>,",
                                     "One <fine> day,",
                                     "On % <fine> <daypart>,",
                                     "One <weekday> morning,",
                                     "Then, one <fine> <daypart>,",
                                     "Early one morning,",
                                     "One <weekday>,",
                                     "It was % <fine> <daypart> when",
                                     "One day after breakfast,"};
inline constexpr Phrases skies = {"the sun was shining",
                                  "the sun was warm and the sky was blue",
                                  "the birds were singing in the trees",
                                  "a soft wind blew from the hills",
                                  "white clouds sailed across the sky",
                                  "the air smelled of <scent>",
                                  "% <bird> sang in the <tree>",
                                  "there was not a cloud in the sky",
                                  "the grass was wet with dew",
                                  "<bugs> hummed in the grass",
                                  "it smelled of <scent> and <scent>",
                                  "a rooster crowed somewhere far away",
                                  "the leaves of the <tree> rustled",
                                  "thin clouds drifted by like feathers",
                                  "the light was the color of honey"};

// What the hero feels: sentences.
inline constexpr Phrases joys = {"[{hero}|{Hero.the}] jumped for joy",
                                 "[{hero}|{Hero.the}] was very <happy>",
                                 "[{hero}|{Hero.the}] smiled from ear to ear",
                                 "{hero} clapped {his} {hero.hand}s",
                                 "[{hero}|{Hero.the}] laughed out loud",
                                 "{hero} was so <happy> that {he} danced in a circle",
                                 "{hero}'s heart felt as light as a feather",
                                 "{hero}'s eyes <shone> with joy",
                                 "{hero} beamed like the morning sun",
                                 "{hero} felt warm from head to toe",
                                 "{hero} <jumped> up and down",
                                 "{hero}'s whole face lit up"};
inline constexpr Phrases sorrows = {"{hero} felt <very> <sad>",
                                    "{hero} was <very> <sad>",
                                    "{hero} began to cry",
                                    "Tears ran down {hero}'s cheeks",
                                    "[{hero}|{Hero.the}] hung {his} head",
                                    "{hero}'s heart sank like a stone",
                                    "[{hero}|{Hero.the}] sat down and sighed",
                                    "{hero} felt a lump in {his} throat",
                                    "A big tear rolled down {hero}'s nose",
                                    "{hero}'s lip began to tremble"};
inline constexpr Phrases fears = {"{hero} was <very> <afraid>",
                                  "{hero}'s heart beat fast",
                                  "{hero} felt <very> <afraid>",
                                  "{hero}'s knees shook",
                                  "[{hero}|{Hero.the}] held {his} breath",
                                  "{hero} did not dare to move",
                                  "A shiver ran down {hero}'s back",
                                  "{hero}'s mouth went dry",
                                  "[{hero}|{Hero.the}] trembled like a leaf"};

// What is said: without quotation marks and without a final stop.
inline constexpr Phrases comforts = {"Don't worry",
                                     "Don't be sad",
                                     "Please don't cry",
                                     "It will be all right",
                                     "Never mind",
                                     "Cheer up",
                                     "We will think of something",
                                     "Chin up",
                                     "Things are never as bad as they look",
                                     "It is not the end of the world"};
inline constexpr Phrases offers = {"I will help you",      "We can do it together",         "Let me help",
                                   "Let's do it together", "Two heads are better than one", "I have an idea",
                                   "You are not alone"};
inline constexpr Phrases thanks = {"Thank you",
                                   "Thank you so much",
                                   "Oh, thank you",
                                   "Thank you, thank you",
                                   "How kind you are",
                                   "I will never forget this",
                                   "You are the best friend in the world",
                                   "I don't know how to thank you"};
inline constexpr Phrases sorries = {
    "I am sorry",      "I am so sorry",    "I'm very sorry",        "Please forgive me",
    "It was my fault", "I made a mistake", "I should have told you"};
inline constexpr Phrases forgives = {"I forgive you",           "Thank you for telling me the truth",
                                     "Everyone makes mistakes", "That was brave of you",
                                     "I am glad you told me",   "We all slip now and then"};

// Last sentences.
inline constexpr Phrases good_nights = {
    "That night, {hero} fell asleep with a smile",
    "That night, {hero} slept very well",
    "When the stars came out, {hero} was already fast asleep",
    "And that night, {hero} had the sweetest dreams",
    "Then {hero} yawned, curled up and fell asleep",
    "That evening, {hero} told {his} {elder} all about it",
    "The moon looked in at the window, and {hero} was smiling in {his} sleep",
    "At bedtime, {hero} told the whole story again, and then once more"};
inline constexpr Phrases friends_ends = {
    "From that day on, {hero} and {friend} were the best of friends",
    "{hero} and {friend} walked home together, singing all the way",
    "{hero} and {friend} <walked> home <happily>",
    "And they stayed friends for the rest of their lives",
    "After that, you never saw {hero} without {friend}",
    "They laughed about it for many years",
    "And the two friends shared {food.piece} under the <tree>",
    "Then they played <games> until the sun went down",
    "{hero} and {friend} shook {hero.hand}s and promised to be friends forever"};

inline constexpr List kPhraseLists[] = {
    {"house", houses},
    {"opening", openings},
    {"one_day", one_days},
    {"sky", skies},
    {"joy", joys},
    {"sorrow", sorrows},
    {"fear", fears},
    {"comfort", comforts},
    {"offer", offers},
    {"thanks", thanks},
    {"sorry", sorries},
    {"forgive", forgives},
    {"good_night", good_nights},
    {"friends_end", friends_ends},
};

}  // namespace diecast::stories
