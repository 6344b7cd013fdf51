#pragma once

#include "data/story_grammar.hpp"

/// Whom and what a story is about: people, animals, places, things and food.
namespace diecast::stories {

// Heroes and friends. An animal hero has an animal friend, in a world of animals.
inline constexpr std::string_view kHeroColumns[] = {"",     "he",   "him",  "his",  "himself", "the",
                                                    "kind", "home", "hand", "folk", "town"};
inline constexpr Row kChildren[] = {
    {"<girl>", "she", "her", "her", "herself", "the [girl|little girl]",
     "% {trait} [little girl|girl|young girl]", "<house>", "hand", "children", "village"},
    {"<boy>", "he", "him", "his", "himself", "the [boy|little boy]", "% {trait} [little boy|boy|young boy]",
     "<house>", "hand", "children", "village"},
};
inline constexpr Row kBeasts[] = {
    {"<she_beast>", "she", "her", "her", "herself", "the [little|young] {kin}",
     "% {trait} [little|young|small] {kin}", "{kin.home}", "paw", "animals", "[forest|valley|woods]"},
    {"<he_beast>", "he", "him", "his", "himself", "the [little|young] {kin}",
     "% {trait} [little|young|small] {kin}", "{kin.home}", "paw", "animals", "[forest|valley|woods]"},
};
inline constexpr Table kChild{kHeroColumns, kChildren, Draw::even};
inline constexpr Table kBeast{kHeroColumns, kBeasts, Draw::even};

inline constexpr std::string_view kFriendColumns[] = {"", "he", "him", "his", "full", "new"};
inline constexpr Row kChildFriends[] = {
    {"<girl>", "she", "her", "her",
     "{his} [friend|best friend|<kind> friend|neighbor|<kind> neighbor|cousin] {friend}",
     "% [new|shy|quiet] girl"},
    {"<boy>", "he", "him", "his",
     "{his} [friend|best friend|<kind> friend|neighbor|<kind> neighbor|cousin] {friend}",
     "% [new|shy|quiet] boy"},
};
inline constexpr Row kBeastFriends[] = {
    {"<she_beast>", "she", "her", "her",
     "{his} [friend|best friend|<kind> friend|neighbor|<kind> neighbor] {friend} the {friend_kin}",
     "% [young|shy|quiet] {friend_kin}"},
    {"<he_beast>", "he", "him", "his",
     "{his} [friend|best friend|<kind> friend|neighbor|<kind> neighbor] {friend} the {friend_kin}",
     "% [young|shy|quiet] {friend_kin}"},
};
inline constexpr Table kChildFriend{kFriendColumns, kChildFriends, Draw::even};
inline constexpr Table kBeastFriend{kFriendColumns, kBeastFriends, Draw::even};

inline constexpr std::string_view kKinColumns[] = {"", "home"};
inline constexpr Row kKinRows[] = {
    {"rabbit", "a snug burrow under the blackberry bushes"},
    {"mouse", "a tiny house among the roots of an oak"},
    {"fox", "a den at the foot of a sandy bank"},
    {"bear", "a dry cave behind the waterfall"},
    {"squirrel", "a hollow high up in a beech tree"},
    {"hedgehog", "a nest of dry leaves under the hedge"},
    {"otter", "a muddy hole at the bend of the river"},
    {"badger", "a deep sett in the birch wood"},
    {"beaver", "a lodge in the middle of the pond"},
    {"mole", "a tidy tunnel under the meadow"},
    {"raccoon", "a hollow log beside the creek"},
    {"hare", "a grassy hollow on the hill"},
    {"wolf", "a den among the gray rocks"},
    {"chipmunk", "a round hole in an old stone wall"},
    {"cat", "a warm corner of the old mill"},
    {"dormouse", "a ball of moss in the hazel bushes"},
    {"weasel", "a gap beneath a pile of logs"},
    {"porcupine", "a cleft between two boulders"},
    {"hamster", "a cellar full of grain beside the wheat field"},
    {"lynx", "a cave above the pine trees"},
    {"marmot", "a burrow high in the mountains"},
    {"koala", "the fork of a tall gum tree"},
    {"panda", "a hut at the edge of the bamboo"},
    {"monkey", "a leafy nest above the jungle path"},
    {"wombat", "a cool burrow by the dry creek"},
    {"vole", "a hole in the bank of the stream"},
    {"ferret", "a barrel behind the barn"},
    {"lemur", "a fig tree full of sunshine"},
};
inline constexpr Table kKin{kKinColumns, kKinRows};

inline constexpr std::string_view kElderColumns[] = {"", "call", "he", "him", "his"};
inline constexpr Row kElders[] = {
    {"mother", "[Mom|Mama]", "she", "her", "her"}, {"grandmother", "Grandma", "she", "her", "her"},
    {"father", "[Dad|Papa]", "he", "him", "his"},  {"grandfather", "Grandpa", "he", "him", "his"},
    {"aunt", "Auntie", "she", "her", "her"},       {"uncle", "Uncle", "he", "him", "his"},
};
inline constexpr Table kElder{kElderColumns, kElders};

inline constexpr std::string_view kTraitColumns[] = {""};
inline constexpr Row kTraits[] = {
    {"curious"},     {"kind"},        {"cheerful"},    {"clever"},      {"brave"},        {"gentle"},
    {"friendly"},    {"lively"},      {"playful"},     {"quiet"},       {"busy"},         {"merry"},
    {"thoughtful"},  {"dreamy"},      {"helpful"},     {"bright"},      {"funny"},        {"hopeful"},
    {"polite"},      {"adventurous"}, {"patient"},     {"restless"},    {"bold"},         {"sensible"},
    {"chatty"},      {"determined"},  {"imaginative"}, {"mischievous"}, {"nimble"},       {"sturdy"},
    {"warmhearted"}, {"inquisitive"}, {"plucky"},      {"tidy"},        {"good-natured"},
};
inline constexpr Table kTrait{kTraitColumns, kTraits};

// Grown-ups who are neither family nor strangers.
inline constexpr std::string_view kHelperColumns[] = {"", "who", "he", "him", "his", "at"};
inline constexpr Row kTownsfolk[] = {
    {"Mrs. <surname>", "the baker", "she", "her", "her", "in the bakery"},
    {"Mr. <surname>", "the farmer", "he", "him", "his", "on the farm"},
    {"Mr. <surname>", "the carpenter", "he", "him", "his", "in the workshop"},
    {"Mrs. <surname>", "the librarian", "she", "her", "her", "in the library"},
    {"Mr. <surname>", "the gardener", "he", "him", "his", "in the greenhouse"},
    {"Mrs. <surname>", "the teacher", "she", "her", "her", "in the schoolhouse"},
    {"Mr. <surname>", "the fisherman", "he", "him", "his", "by the harbor"},
    {"Mrs. <surname>", "the tailor", "she", "her", "her", "in the tailor's shop"},
    {"Mr. <surname>", "the postman", "he", "him", "his", "in the post office"},
    {"Mrs. <surname>", "the doctor", "she", "her", "her", "in the little clinic"},
    {"Mr. <surname>", "the miller", "he", "him", "his", "at the windmill"},
    {"Mrs. <surname>", "the beekeeper", "she", "her", "her", "beside the beehives"},
    {"Mr. <surname>", "the shepherd", "he", "him", "his", "in the high pasture"},
    {"Mrs. <surname>", "the potter", "she", "her", "her", "at the potter's wheel"},
    {"Mr. <surname>", "the clockmaker", "he", "him", "his", "among the ticking clocks"},
    {"Mrs. <surname>", "the ferrywoman", "she", "her", "her", "on the ferry"},
    {"Mr. <surname>", "the blacksmith", "he", "him", "his", "in the smithy"},
    {"Mrs. <surname>", "the florist", "she", "her", "her", "in the flower shop"},
    {"Mr. <surname>", "the cobbler", "he", "him", "his", "at the cobbler's bench"},
    {"Mrs. <surname>", "the painter", "she", "her", "her", "in the attic studio"},
    {"Mr. <surname>", "the lighthouse keeper", "he", "him", "his", "in the lighthouse"},
    {"Mrs. <surname>", "the weaver", "she", "her", "her", "at the loom"},
};
inline constexpr Row kElderBeasts[] = {
    {"Mrs. Feather", "the old owl", "she", "her", "her", "in the tall pine"},
    {"Mr. Shell", "the wise tortoise", "he", "him", "his", "in the sunny clearing"},
    {"Mr. Croak", "the old toad", "he", "him", "his", "under the fallen log"},
    {"Mrs. Longleg", "the gray heron", "she", "her", "her", "at the edge of the reeds"},
    {"Mr. Antler", "the great stag", "he", "him", "his", "on the heath"},
    {"Mrs. Goose", "the goose with spectacles", "she", "her", "her", "beside the millpond"},
    {"Mr. Caw", "the raven", "he", "him", "his", "in the ruined tower"},
    {"Mrs. Woolly", "the oldest sheep in the valley", "she", "her", "her", "in the high pasture"},
    {"Mr. Trunk", "the carpenter woodpecker", "he", "him", "his", "in the dead elm"},
    {"Mrs. Pelican", "the doctor", "she", "her", "her", "down by the shore"},
};
inline constexpr Table kHelper{kHelperColumns, kTownsfolk};
inline constexpr Table kElderBeast{kHelperColumns, kElderBeasts};

// Small things that can be carried, lost, found, lent and given.
inline constexpr std::string_view kThingColumns[] = {"", "desc", "use"};
inline constexpr Row kThings[] = {
    {"ball", "[<color>|big <color>|striped|bouncy]", "bounce it against the wall"},
    {"kite", "[<color>|paper|<color> and <color>]", "fly it on windy days"},
    {"book", "[<color>|picture|thick old]", "read it under a tree"},
    {"boat", "[toy|<color> toy|wooden]", "sail it on the water"},
    {"drum", "[<color>|tin|little]", "beat it and march in circles"},
    {"hat", "[<color>|straw|floppy]", "wear it in the sun"},
    {"scarf", "[<color>|woolen|long <color>]", "wear it on cold days"},
    {"bell", "[silver|brass|tiny]", "ring it at the door"},
    {"lantern", "[<color>|tin|paper]", "carry it on dark evenings"},
    {"basket", "[<color>|straw|little]", "fill it with flowers"},
    {"whistle", "[<color>|wooden|tin]", "blow it as loudly as a train"},
    {"flute", "[wooden|silver|reed]", "play it in the evening"},
    {"button", "[<color>|shiny|brass]", "turn it over and over like a coin"},
    {"shell", "[pink|spotted|white]", "hold it up and hear the sea"},
    {"key", "[golden|iron|rusty]", "wonder which door it opened"},
    {"marble", "[<color>|glass|swirly]", "roll it along the floor"},
    {"top", "[spinning|wooden|<color> spinning]", "spin it until it hummed"},
    {"puppet", "[sock|wooden|funny]", "make it bow and talk"},
    {"map", "[old|<color>|folded]", "study it by candlelight"},
    {"umbrella", "[<color>|spotted|striped]", "twirl it in the rain"},
    {"blanket", "[<color>|soft|patchwork]", "curl up in it after supper"},
    {"bucket", "[<color>|tin|little]", "fill it with sand"},
    {"ribbon", "[<color>|satin|silky <color>]", "wave it like a flag"},
    {"feather", "[<color>|long <color>|striped]", "tickle people with it"},
    {"ring", "[silver|golden|copper]", "watch it flash in the light"},
    {"notebook", "[<color>|tiny|secret]", "write in it every evening"},
    {"paintbrush", "[<color>|fine|stubby]", "paint the sky with it"},
    {"crown", "[paper|golden paper|leafy]", "play kings and queens in it"},
    {"teddy bear", "[brown|old|fluffy]", "tell it secrets in the dark"},
    {"doll", "[rag|wooden|tiny]", "sing it to sleep"},
    {"horse", "[wooden|toy|rocking]", "gallop it across the floor"},
    {"train", "[toy|<color> toy|tin]", "push it through tunnels of pillows"},
    {"spade", "[<color>|little|iron]", "dig holes with it"},
    {"mug", "[<color>|chipped|spotted]", "drink from it at breakfast"},
    {"spoon", "[wooden|silver|tiny]", "stir everything with it"},
    {"music box", "[<color>|tiny|carved]", "wind it up at bedtime"},
    {"magnifying glass", "[big|round|brass]", "look at beetles through it"},
    {"compass", "[brass|silver|pocket]", "watch its needle swing north"},
    {"spyglass", "[brass|long|folding]", "search the hills with it"},
    {"harmonica", "[silver|tin|little]", "play it on the doorstep"},
    {"pencil", "[<color>|stubby|magic-looking]", "draw dragons with it"},
    {"satchel", "[leather|<color>|canvas]", "fill it with treasures"},
    {"hoop", "[wooden|<color>|big]", "roll it down the lane"},
    {"cape", "[<color>|velvet|swishing]", "play heroes in it"},
    {"mask", "[<color>|lion|feathered]", "growl behind it"},
    {"pinwheel", "[<color>|paper|whirling]", "watch it whirl in the wind"},
    {"bracelet", "[beaded|silver|<color>]", "jingle it when {he} danced"},
    {"medal", "[bronze|shiny|golden]", "polish it on Sundays"},
    {"stone", "[lucky|smooth|speckled]", "rub it for luck"},
    {"tambourine", "[<color>|little|jingling]", "shake it and dance"},
    {"net", "[butterfly|fishing|long]", "scoop up floating leaves with it"},
    {"pillow", "[<color>|embroidered|feather]", "dream on it"},
    {"kaleidoscope", "[cardboard|<color>|brass]", "watch the colors tumble in it"},
    {"fiddle", "[<color>|little|squeaky]", "scrape merry tunes on it"},
    {"trumpet", "[toy|brass|dented]", "wake everyone up with it"},
    {"snow globe", "[glass|tiny|round]", "shake it and watch the flakes fall"},
    {"locket", "[silver|heart-shaped|golden]", "open and close it with a click"},
    {"thimble", "[silver|china|copper]", "wear it like a helmet"},
    {"jar", "[glass|<color>|tiny]", "keep sunbeams in it"},
    {"mirror", "[silver|round|pocket]", "catch the light with it"},
    {"comb", "[ivory|wooden|<color>]", "play tunes on it through paper"},
    {"robot", "[toy|tin|clockwork]", "wind it up and let it walk"},
    {"jump rope", "[<color>|striped|long]", "skip with it in the yard"},
    {"purse", "[velvet|<color>|beaded]", "jingle it like a rich merchant"},
    {"stamp", "[foreign|<color>|parrot]", "dream of the country it came from"},
    {"sled", "[wooden|<color>|little]", "polish it for the winter"},
    {"soldier", "[tin|painted|wooden]", "stand it on guard by the bed"},
};
inline constexpr Table kThing{kThingColumns, kThings};

// Food that can be carried and shared.
inline constexpr std::string_view kFoodColumns[] = {"", "piece", "them", "were", "taste"};
inline constexpr Row kFoods[] = {
    {"cookies", "a cookie", "them", "were", "[warm|crunchy]"},
    {"apples", "an apple", "them", "were", "[red|juicy]"},
    {"bread", "a slice of bread", "it", "was", "[fresh|crusty]"},
    {"cake", "a slice of cake", "it", "was", "[sweet|chocolate]"},
    {"berries", "a berry", "them", "were", "[ripe|blue]"},
    {"cheese", "a piece of cheese", "it", "was", "[yellow|creamy]"},
    {"pie", "a piece of pie", "it", "was", "[apple|warm]"},
    {"muffins", "a muffin", "them", "were", "[golden|warm]"},
    {"pears", "a pear", "them", "were", "[sweet|ripe]"},
    {"nuts", "a nut", "them", "were", "[toasted|crunchy]"},
    {"plums", "a plum", "them", "were", "[purple|juicy]"},
    {"buns", "a bun", "them", "were", "[sticky|soft]"},
    {"cherries", "a cherry", "them", "were", "[dark|sweet]"},
    {"pancakes", "a pancake", "them", "were", "[fluffy|thin]"},
    {"carrots", "a carrot", "them", "were", "[crisp|orange]"},
    {"grapes", "a grape", "them", "were", "[green|cool]"},
    {"strawberries", "a strawberry", "them", "were", "[ripe|wild]"},
    {"gingerbread", "a piece of gingerbread", "it", "was", "[spicy|dark]"},
    {"peaches", "a peach", "them", "were", "[soft|golden]"},
    {"honey cakes", "a honey cake", "them", "were", "[sticky|tiny]"},
    {"sandwiches", "a sandwich", "them", "were", "[cucumber|cheese]"},
    {"tarts", "a tart", "them", "were", "[jam|lemon]"},
    {"waffles", "a waffle", "them", "were", "[crisp|golden]"},
    {"oranges", "an orange", "them", "were", "[sweet|round]"},
    {"scones", "a scone", "them", "were", "[buttery|currant]"},
    {"popcorn", "a bite of popcorn", "it", "was", "[salty|warm]"},
    {"dumplings", "a dumpling", "them", "were", "[plump|steaming]"},
    {"chestnuts", "a chestnut", "them", "were", "[roasted|hot]"},
    {"raspberries", "a raspberry", "them", "were", "[pink|tangy]"},
    {"walnuts", "a walnut", "them", "were", "[brown|fresh]"},
    {"biscuits", "a biscuit", "them", "were", "[oat|ginger]"},
    {"apricots", "an apricot", "them", "were", "[velvety|sunny]"},
    {"doughnuts", "a doughnut", "them", "were", "[sugary|round]"},
    {"blackberries", "a blackberry", "them", "were", "[shiny|plump]"},
    {"raisins", "a raisin", "them", "were", "[chewy|sweet]"},
    {"corn cakes", "a corn cake", "them", "were", "[yellow|hot]"},
    {"figs", "a fig", "them", "were", "[purple|sticky]"},
    {"pretzels", "a pretzel", "them", "were", "[salty|twisted]"},
    {"shortbread", "a piece of shortbread", "it", "was", "[buttery|crumbly]"},
    {"mushroom pasties", "a mushroom pasty", "them", "were", "[hot|flaky]"},
    {"bananas", "a banana", "them", "were", "[yellow|sweet]"},
    {"almonds", "an almond", "them", "were", "[sugared|toasted]"},
    {"melon", "a slice of melon", "it", "was", "[cool|dripping]"},
    {"cupcakes", "a cupcake", "them", "were", "[pink|frosted]"},
    {"oatcakes", "an oatcake", "them", "were", "[crisp|plain]"},
    {"fudge", "a square of fudge", "it", "was", "[creamy|soft]"},
    {"dates", "a date", "them", "were", "[sweet|dried]"},
    {"gooseberries", "a gooseberry", "them", "were", "[sour|fuzzy]"},
    {"brownies", "a brownie", "them", "were", "[chocolate|chewy]"},
    {"crumpets", "a crumpet", "them", "were", "[toasted|buttered]"},
    {"licorice", "a stick of licorice", "it", "was", "[black|chewy]"},
    {"marzipan", "a piece of marzipan", "it", "was", "[sweet|pink]"},
    {"pomegranates", "a pomegranate", "them", "were", "[red|glowing]"},
    {"mangoes", "a mango", "them", "were", "[golden|fragrant]"},
    {"hazelnuts", "a hazelnut", "them", "were", "[round|sweet]"},
};
inline constexpr Table kFood{kFoodColumns, kFoods};

}  // namespace diecast::stories
