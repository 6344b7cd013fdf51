#pragma once

#include "data/story_grammar.hpp"

/// The words of the stories: lists drawn anew at each use, the commonest word first.
namespace diecast::stories {

using Words = const std::string_view[];

// People and names.
inline constexpr Words girls = {
    "Lily",  "Mia",   "Anna",  "Emma",  "Rosa",  "Lucy",  "Ella",  "Nina",   "Clara", "Ruby",  "Molly",
    "Maya",  "Zoe",   "Sara",  "Alice", "Nora",  "Hana",  "Tessa", "Leah",   "Amy",   "Eva",   "Polly",
    "Greta", "Kira",  "Mina",  "Priya", "Wendy", "Luna",  "Bella", "Sofia",  "Elsa",  "Nadia", "Flora",
    "Tilly", "Marta", "Ada",   "Freya", "Lena",  "Yuki",  "Amara", "Esther", "Dora",  "Heidi", "Naomi",
    "Salma", "Bea",   "Mabel", "Celia", "Noor",  "Willa", "Zara",  "Annika", "Ingrid"};
inline constexpr Words boys = {
    "Tom",  "Sam",   "Ben",   "Max",   "Leo",   "Jack",  "Tim",    "Finn",   "Noah",   "Oscar", "Peter",
    "Milo", "Hugo",  "Eli",   "Jake",  "Adam",  "Omar",  "Henry",  "Theo",   "Luke",   "Felix", "Owen",
    "Kai",  "Ravi",  "Danny", "Simon", "Otto",  "Emil",  "Marco",  "George", "Arthur", "Ned",   "Oliver",
    "Paul", "Diego", "Jonah", "Ivan",  "Caleb", "Anton", "Walter", "Yusuf",  "Hiro",   "Pablo", "Karim",
    "Toby", "Alfie", "Mateo", "Frank", "Edwin", "Bruno", "Rafi",   "Samir",  "Elliot"};
inline constexpr Words she_beasts = {
    "Hazel", "Poppy",   "Clover", "Willow",   "Bramble", "Fern",   "Maple",    "Dotty", "Rosie", "Pippa",
    "Mossy", "Heather", "Tansy",  "Primrose", "Nettle",  "Velvet", "Bluebell", "Tulip", "Snowy", "Juniper",
    "Minty", "Sorrel",  "Twig",   "Pebble",   "Dimple",  "Myrtle", "Teasel",   "Tawny", "Lark",  "Bryony"};
inline constexpr Words he_beasts = {
    "Pip",    "Rusty", "Barley", "Tuck",    "Bracken", "Chip",    "Rowan",  "Patch", "Thistle", "Digger",
    "Sooty",  "Basil", "Bumble", "Reed",    "Flint",   "Nutkin",  "Copper", "Alder", "Sprout",  "Scout",
    "Tumble", "Nibbs", "Wick",   "Burdock", "Oakley",  "Bristle", "Russet", "Moss",  "Quill",   "Dusty"};
inline constexpr Words surnames = {
    "Bell",  "Finch",  "Brown",  "Green", "Hill",   "Wood",   "Page",    "Marsh",    "Penny", "Baxter",
    "Moore", "Potter", "Lake",   "Cole",  "Dale",   "Archer", "Sparrow", "Hobbs",    "Nolan", "Rossi",
    "Klein", "Okoro",  "Larkin", "Tully", "Mellow", "Pickle", "Winter",  "Nakamura", "Silva", "Hansen"};
inline constexpr Words kinds = {"kind",   "friendly", "cheerful",     "quiet",      "gentle", "funny",
                                "clever", "jolly",    "helpful",      "freckled",   "tall",   "thoughtful",
                                "lively", "polite",   "good",         "generous",   "bright", "sensible",
                                "merry",  "loyal",    "curly-haired", "gap-toothed"};

// Qualities.
inline constexpr Words colors = {"red",      "blue",      "yellow",  "green",  "white",  "brown",
                                 "pink",     "orange",    "black",   "purple", "golden", "silver",
                                 "gray",     "scarlet",   "violet",  "amber",  "teal",   "crimson",
                                 "lilac",    "turquoise", "copper",  "ivory",  "indigo", "emerald",
                                 "rust-red", "sky-blue",  "mustard", "peach"};
inline constexpr Words fines = {"sunny",     "bright", "warm",      "windy",  "fine",    "clear", "cool",
                                "beautiful", "quiet",  "lovely",    "golden", "mild",    "crisp", "breezy",
                                "peaceful",  "fresh",  "cloudless", "still",  "dewy",    "balmy", "glorious",
                                "hazy",      "gusty",  "sparkling", "drowsy", "blustery"};
inline constexpr Words dayparts = {"morning", "afternoon", "day"};
inline constexpr Words weekdays = {"Saturday", "Sunday",    "Monday",  "Friday",
                                   "Tuesday",  "Wednesday", "Thursday"};
inline constexpr Words happies = {"happy",     "glad",      "pleased",      "excited", "cheerful",
                                  "delighted", "proud",     "merry",        "joyful",  "thrilled",
                                  "overjoyed", "contented", "light-hearted"};
inline constexpr Words sads = {"sad",    "upset",       "unhappy",  "worried",      "miserable",
                               "lonely", "gloomy",      "troubled", "disappointed", "downhearted",
                               "glum",   "heartbroken", "forlorn"};
inline constexpr Words afraids = {"afraid", "scared", "frightened", "nervous", "anxious", "fearful"};
inline constexpr Words tireds = {"tired", "sleepy", "weary", "worn out", "exhausted", "drowsy", "footsore"};
inline constexpr Words angries = {"angry",   "cross", "annoyed",   "grumpy",
                                  "furious", "sulky", "irritated", "indignant"};
inline constexpr Words bigs = {"big",   "huge",   "giant",   "enormous", "great",
                               "large", "mighty", "massive", "gigantic", "whopping"};
inline constexpr Words smalls = {"small", "little", "tiny", "wee", "slender", "dainty"};
inline constexpr Words pretties = {"pretty",   "shiny",    "beautiful", "lovely",    "bright",
                                   "fine",     "handsome", "splendid",  "wonderful", "sparkling",
                                   "charming", "elegant",  "dainty",    "graceful",  "glossy"};
inline constexpr Words olds = {"old",   "dusty",     "crooked", "creaky",   "battered", "worn",     "ancient",
                               "mossy", "weathered", "shabby",  "lopsided", "rickety",  "cobwebbed"};
inline constexpr Words goods = {"good",      "wonderful",  "lovely",   "perfect",     "fine",
                                "great",     "special",    "splendid", "marvelous",   "amazing",
                                "excellent", "delightful", "glorious", "magnificent", "brilliant",
                                "fantastic", "superb"};
inline constexpr Words bests = {"best",           "finest",   "most beautiful", "loveliest",
                                "most wonderful", "grandest", "most splendid"};
inline constexpr Words tasties = {"tasty", "delicious", "sweet",     "warm",
                                  "yummy", "fresh",     "wonderful", "scrumptious"};
inline constexpr Words softs = {"soft",   "warm",    "cozy", "fluffy", "thick",
                                "woolly", "velvety", "snug", "downy"};

// Manner.
inline constexpr Words softlies = {"softly", "quietly",  "gently",       "kindly",    "warmly",   "calmly",
                                   "shyly",  "politely", "thoughtfully", "patiently", "tenderly", "simply"};
inline constexpr Words slowlies = {"slowly",     "carefully",   "gently",   "bit by bit",   "steadily",
                                   "cautiously", "very slowly", "gingerly", "inch by inch", "patiently"};
inline constexpr Words happilies = {"happily",  "cheerfully", "merrily", "proudly",  "gladly",
                                    "brightly", "joyfully",   "eagerly", "gleefully"};
inline constexpr Words sadlies = {"sadly",     "quietly",   "glumly",     "unhappily", "gloomily",
                                  "tearfully", "miserably", "mournfully", "forlornly", "wearily"};
inline constexpr Words verys = {"very", "so", "very", "quite", "terribly", "ever so", "rather", "dreadfully"};

// Speech verbs, each with the mood of what is said.
inline constexpr Words replieds = {"said", "answered", "replied"};
inline constexpr Words explaineds = {"said", "explained"};
inline constexpr Words announceds = {"said", "announced", "declared"};
inline constexpr Words askeds = {"asked", "asked", "wondered", "inquired"};
inline constexpr Words crieds = {"cried", "shouted", "called", "exclaimed", "gasped", "yelled", "squealed"};
inline constexpr Words whispereds = {"whispered", "murmured", "breathed", "mumbled", "muttered"};
inline constexpr Words sobbeds = {"sobbed", "sighed",  "sniffed", "cried",
                                  "wailed", "groaned", "moaned",  "whimpered"};
inline constexpr Words laugheds = {"laughed", "giggled", "chuckled", "cheered"};

// Movement, looking, thinking: past tense.
inline constexpr Words walkeds = {"walked",  "went",      "wandered", "skipped", "strolled",
                                  "hiked",   "marched",   "trotted",  "tramped", "ambled",
                                  "rambled", "sauntered", "roamed",   "danced"};
inline constexpr Words rans = {"ran",       "hurried", "raced",    "rushed", "dashed",
                               "scampered", "flew",    "scurried", "darted", "sprinted",
                               "galloped",  "bolted",  "charged",  "bounded"};
inline constexpr Words crepts = {"crept",   "tiptoed", "sneaked", "slipped",
                                 "crawled", "stole",   "inched",  "padded"};
inline constexpr Words lookeds = {"looked", "peeked", "peered", "stared", "gazed", "glanced", "squinted"};
inline constexpr Words jumpeds = {"jumped",  "leaped", "sprang",  "hopped",    "bounced",
                                  "skipped", "danced", "twirled", "scrambled", "capered"};
inline constexpr Words trudgeds = {"walked", "trudged", "shuffled", "plodded", "dragged {himself}", "limped"};
inline constexpr Words shones = {"shone",     "gleamed",  "glowed",    "sparkled",
                                 "glittered", "twinkled", "shimmered", "glinted"};

// The world.
inline constexpr Words fews = {"two",    "three",  "four",    "five",   "six",  "a few",
                               "seven",  "ten",    "several", "eight",  "nine", "a dozen",
                               "eleven", "twelve", "twenty",  "fifteen"};
inline constexpr Words flowers = {"daisies",     "roses",      "tulips",      "poppies",       "buttercups",
                                  "bluebells",   "sunflowers", "violets",     "lilies",        "dandelions",
                                  "marigolds",   "daffodils",  "primroses",   "pansies",       "foxgloves",
                                  "cornflowers", "irises",     "snapdragons", "peonies",       "hollyhocks",
                                  "cowslips",    "harebells",  "asters",      "forget-me-nots"};
inline constexpr Words trees = {
    "oak",      "apple tree",  "willow",    "pine",        "birch",  "chestnut tree", "maple",
    "beech",    "cherry tree", "pear tree", "elm",         "fir",    "plum tree",     "ash",
    "hawthorn", "poplar",      "cedar",     "walnut tree", "linden", "spruce",        "mulberry tree"};
inline constexpr Words bugs = {"bees",         "butterflies", "ladybugs",  "dragonflies",
                               "crickets",     "fireflies",   "beetles",   "ants",
                               "grasshoppers", "moths",       "bumblebees"};
inline constexpr Words birds = {"robin",      "blackbird",   "sparrow", "wren",     "thrush",
                                "lark",       "starling",    "cuckoo",  "swallow",  "finch",
                                "woodpecker", "nightingale", "dove",    "chaffinch"};
inline constexpr Words scents = {"fresh bread", "wet grass",  "wildflowers", "cut hay",     "pine needles",
                                 "rain",        "cinnamon",   "apples",      "lavender",    "wood smoke",
                                 "mint",        "warm earth", "clover",      "roses",       "thyme",
                                 "moss",        "vanilla",    "lilacs",      "honeysuckle", "toasted almonds",
                                 "burnt sugar", "candle wax", "oranges",     "rosemary"};
inline constexpr Words drinks = {"milk",          "cocoa",      "tea",          "lemonade",   "apple juice",
                                 "hot chocolate", "mint tea",   "warm cider",   "honey milk", "ginger tea",
                                 "berry juice",   "plum juice", "chamomile tea"};
inline constexpr Words soups = {"tomato", "vegetable", "carrot", "potato", "mushroom", "pumpkin",
                                "lentil", "onion",     "barley", "leek",   "parsnip",  "celery"};
inline constexpr Words clothes = {"coat",     "boots", "hat",     "scarf",        "sweater",
                                  "jacket",   "shoes", "mittens", "cap",          "cloak",
                                  "raincoat", "vest",  "shawl",   "woolen socks", "galoshes"};
inline constexpr Words nooks = {"under the bed",         "behind the door",       "under the table",
                                "in the cupboard",       "behind the curtains",   "under the cushions",
                                "beside the stove",      "behind the flowerpots", "under the stairs",
                                "on top of the shelf",   "inside the old teapot", "behind the bookcase",
                                "in the laundry basket", "between the blankets",  "underneath the doormat",
                                "in the wood box",       "in the umbrella stand", "in the pantry"};
inline constexpr Words hides = {"behind the rain barrel", "under the table",           "in the broom closet",
                                "behind a haystack",      "in the shadow of the wall", "behind the curtain",
                                "under a heap of sacks",  "in an empty barrel",        "behind the woodpile",
                                "in the wardrobe"};
inline constexpr Words nths = {"third",     "tenth", "seventh",   "ninth",
                               "twentieth", "fifth", "thirtieth", "hundredth"};
inline constexpr Words games = {"tag",      "hide-and-seek",     "catch",    "leapfrog",         "hopscotch",
                                "pirates",  "follow-the-leader", "marbles",  "tug-of-war",       "explorers",
                                "dominoes", "charades",          "skittles", "blind man's buff", "shipwreck"};
inline constexpr Words hobbies = {"climbing trees",
                                  "singing songs",
                                  "drawing pictures",
                                  "telling jokes",
                                  "counting stars",
                                  "reading stories",
                                  "watching clouds",
                                  "collecting stones",
                                  "splashing in puddles",
                                  "digging holes",
                                  "chasing butterflies",
                                  "building towers",
                                  "catching leaves",
                                  "skipping stones",
                                  "asking questions",
                                  "picking flowers",
                                  "solving riddles",
                                  "gathering feathers",
                                  "humming tunes",
                                  "making up rhymes",
                                  "exploring",
                                  "whistling",
                                  "inventing games",
                                  "baking muffins",
                                  "watching ants",
                                  "painting pebbles",
                                  "following trails",
                                  "sailing leaf boats",
                                  "listening to the rain",
                                  "planting seeds",
                                  "sorting buttons",
                                  "weaving daisy chains",
                                  "spotting birds",
                                  "doing somersaults",
                                  "rolling down hills",
                                  "pressing leaves",
                                  "imitating owls",
                                  "balancing on fences",
                                  "mapping secret paths",
                                  "writing tiny letters",
                                  "tasting new jams",
                                  "racing snails",
                                  "stacking firewood",
                                  "blowing bubbles",
                                  "learning long words",
                                  "juggling chestnuts",
                                  "polishing shells",
                                  "studying spiders",
                                  "measuring footprints",
                                  "naming the hens"};
inline constexpr Words praises = {"Well done", "Good for you", "Bravo",     "Wonderful", "Splendid",
                                  "Hooray",    "How clever",   "Excellent", "Marvelous", "Fantastic"};
inline constexpr Words oh_nos = {"Oh no", "Oh dear", "Oh no",        "Goodness",
                                 "Alas",  "Dear me", "Good heavens", "Botheration"};
inline constexpr Words yeses = {"Yes",       "Of course", "Yes, please",  "Sure",
                                "Certainly", "Gladly",    "With pleasure"};

inline constexpr List kWordLists[] = {
    {"girl", girls},
    {"boy", boys},
    {"she_beast", she_beasts},
    {"he_beast", he_beasts},
    {"surname", surnames},
    {"kind", kinds},
    {"color", colors},
    {"fine", fines},
    {"daypart", dayparts},
    {"weekday", weekdays},
    {"happy", happies},
    {"sad", sads},
    {"afraid", afraids},
    {"tired", tireds},
    {"angry", angries},
    {"big", bigs},
    {"small", smalls},
    {"pretty", pretties},
    {"old", olds},
    {"good", goods},
    {"tasty", tasties},
    {"best", bests},
    {"soft", softs},
    {"softly", softlies},
    {"slowly", slowlies},
    {"happily", happilies},
    {"sadly", sadlies},
    {"very", verys},
    {"replied", replieds},
    {"explained", explaineds},
    {"announced", announceds},
    {"asked", askeds},
    {"cried", crieds},
    {"whispered", whispereds},
    {"sobbed", sobbeds},
    {"laughed", laugheds},
    {"walked", walkeds},
    {"ran", rans},
    {"crept", crepts},
    {"looked", lookeds},
    {"jumped", jumpeds},
    {"trudged", trudgeds},
    {"shone", shones},
    {"few", fews},
    {"flowers", flowers},
    {"tree", trees},
    {"bugs", bugs},
    {"bird", birds},
    {"scent", scents},
    {"drink", drinks},
    {"soup", soups},
    {"clothes", clothes},
    {"nook", nooks},
    {"hide", hides},
    {"nth", nths},
    {"games", games},
    {"hobby", hobbies},
    {"praise", praises},
    {"oh_no", oh_nos},
    {"yes", yeses},
};

}  // namespace diecast::stories
