#pragma once

#include "data/story_grammar.hpp"

/// What the plots turn on, continued: fears, riddles, dangers, wishes and dreams. "VP" as in
/// story_events.hpp.
namespace diecast::stories {

// The thing itself is a clause: what was heard. guess: a noun phrase; truth: what it was.
inline constexpr std::string_view kNoiseColumns[] = {"", "guess", "truth"};
inline constexpr Row kNoises[] = {
    {"something scratched at the window", "a monster with long claws",
     "only a branch of the <tree>, moving in the wind"},
    {"something went tap, tap, tap on the roof", "a giant bird with an iron beak",
     "only the rain, dripping from the gutter"},
    {"a white shape waved in the yard", "a ghost", "only a wet sheet on the clothesline"},
    {"two green eyes glowed in the corner", "a tiger",
     "only the neighbor's cat, who had come in to get warm"},
    {"something groaned under the floor", "a troll", "only the old pipes, stretching in the cold"},
    {"a long shadow slid across the wall", "a dragon", "only the shadow of the coat on its hook"},
    {"something went thump, thump in the attic", "a robber with heavy boots",
     "only an apple rolling out of its box"},
    {"a deep voice said hoo, hoo", "a wicked wizard", "only an owl, saying good evening to another owl"},
    {"something rustled under the bed", "a snake as long as a river", "only a mouse with a scrap of paper"},
    {"the door creaked open all by itself", "a skeleton", "only the draft from the open window"},
    {"something buzzed and bumped against the lamp", "a bat with sharp teeth",
     "only a moth that had lost its way"},
    {"a chain clanked outside", "a prisoner from the old castle", "only the bucket swinging at the well"},
    {"something breathed in the dark", "a hungry wolf", "only the dog, snoring behind the stove"},
    {"a pale light danced on the ceiling", "a witch with a lantern",
     "only the moon, shining in a basin of water"},
    {"something hissed in the kitchen", "a sea serpent",
     "only the kettle that somebody had left on the stove"},
    {"little feet pattered along the hall", "a band of goblins",
     "only three kittens who could not sleep either"},
    {"a hand knocked slowly at the shutter", "a stranger with one eye",
     "only a loose shutter, swinging on its hinge"},
};
inline constexpr Table kNoise{kNoiseColumns, kNoises, Draw::even};

// The thing itself is what went missing, a plural; from: a place; clue: a noun phrase; thief; why: a clause.
inline constexpr std::string_view kMysteryColumns[] = {"", "from", "clue", "thief", "why"};
inline constexpr Row kMysteries[] = {
    {"clothespins", "from the line", "a black and white feather", "a magpie",
     "it was building a nest as strong as a castle"},
    {"biscuits", "from the tin", "a trail of crumbs", "a mouse", "it had seven hungry babies to feed"},
    {"left socks", "from the laundry basket", "a tuft of gray fur", "a cat",
     "it had made a soft bed for its kittens"},
    {"spoons", "from the kitchen drawer", "a shiny black feather", "a jackdaw",
     "it loved everything that glittered"},
    {"eggs", "from the henhouse", "a row of tiny paw prints", "a hedgehog",
     "it rolled them away one by one to a den in the ferns"},
    {"carrots", "from the garden", "a half-eaten leaf", "a rabbit",
     "the grass had dried up and it was hungry"},
    {"buttons", "from the sewing box", "a thread that led across the floor", "a squirrel",
     "it thought they were a new kind of nut"},
    {"strawberries", "from the patch", "a purple footprint", "a blackbird",
     "it was feeding a nest full of open beaks"},
    {"candles", "from the chapel", "a line of little tooth marks", "a rat",
     "it had never tasted anything so good as wax"},
    {"slippers", "from beside the beds", "a wet nose print on the door", "a puppy",
     "it was lonely and liked the smell of feet"},
    {"apples", "from the cellar", "a bristle on the latch", "a badger",
     "it was filling a pantry for the winter"},
    {"pencils", "from the desk", "a heap of wood shavings", "a beaver", "it was making a very small dam"},
    {"letters", "from the mailbox", "a torn stamp", "a snail", "it liked the taste of the paper"},
    {"ribbons", "from the market stall", "a scrap of yellow silk", "a dove",
     "it wanted the prettiest nest in town"},
    {"hats", "from the hooks", "a smudge of soot", "a jackdaw", "it was lining the chimney for its eggs"},
    {"fish", "from the bucket", "a trail of drops", "an otter", "it was too old to catch its own supper"},
};
inline constexpr Table kMystery{kMysteryColumns, kMysteries, Draw::even};

// stuck: a clause; freed: a VP; thanks: a VP of the animal.
inline constexpr std::string_view kPlightColumns[] = {"", "stuck", "freed", "thanks"};
inline constexpr Row kPlights[] = {
    {"duckling", "its foot was caught in a tangle of string", "untied the string, knot by knot",
     "shook its feathers and paddled off to its mother"},
    {"hedgehog", "its head was stuck in a jam jar", "rubbed the rim with butter and pulled",
     "licked the last of the jam from its nose"},
    {"lamb", "it had slipped between two stones and could not climb out",
     "reached down and pulled it up by the wool", "bleated and ran in circles around its mother"},
    {"sparrow", "it was covered with tar and could not lift its wings",
     "cleaned its feathers with warm water and a soft brush", "flew up and sang on the highest branch"},
    {"puppy", "it had fallen into a hole and could not get out", "put a plank into the hole like a bridge",
     "jumped up and licked every face"},
    {"kitten", "it was tangled in a fishing line", "bit through the line, loop after loop",
     "purred like a little engine"},
    {"fish", "it lay gasping in a puddle that was drying up", "carried it to the river in {his} hat",
     "flicked its tail and dived into the deep green water"},
    {"beetle", "it lay on its back and waved its legs", "held out a blade of grass for it to grip",
     "opened its shiny wings and hummed away"},
    {"fawn", "its leg was trapped between two roots", "dug away the earth with {his} bare {hero.hand}s",
     "looked back once before it leaped into the ferns"},
    {"robin", "it was caught in an old fishing net", "cut one thread after another",
     "came back every morning to sing"},
    {"frog", "it sat in an empty bottle and could not get out", "tipped the bottle slowly onto its side",
     "croaked once and hopped into the wet grass"},
    {"bee", "it was wet and too tired to fly",
     "carried it on a leaf into the sun and gave it a drop of honey",
     "dried its wings and buzzed back to the hive"},
    {"goose", "its neck was caught in a loop of wire",
     "smoothed its feathers and slipped the loop over its head",
     "honked loudly and marched off with its beak in the air"},
    {"turtle", "it lay upside down in the middle of the road", "turned it over and carried it across",
     "put out its head and seemed to smile"},
    {"owlet", "it had tumbled out of its nest", "wrapped it in a scarf and lifted it back to its branch",
     "blinked its round eyes and hooted softly"},
    {"pony", "it was up to its belly in the mud", "laid branches in front of its hooves and called it",
     "snorted and rubbed its nose on {his} shoulder"},
    {"butterfly", "it was caught in a spider's web", "freed its wings with a straw",
     "danced once around {his} head and was gone"},
    {"piglet", "it was stuck fast under a root", "scooped out the mud on the other side",
     "squealed with joy and rolled in the nearest puddle"},
};
inline constexpr Table kPlight{kPlightColumns, kPlights, Draw::even};

// The thing itself is a clause: what was in the way. past: a VP.
inline constexpr std::string_view kHurdleColumns[] = {"", "past"};
inline constexpr Row kHurdles[] = {
    {"a stream with no bridge ran across the path", "hopped from stone to stone and only got one foot wet"},
    {"a fallen tree blocked the way", "climbed over it, branch by branch"},
    {"the path split in two", "chose the one with fresh wheel tracks"},
    {"a flock of sheep filled the lane from hedge to hedge",
     "waited politely until the last lamb had gone by"},
    {"a big gray goose hissed and would not move", "gave it a crumb and walked quickly around it"},
    {"thick fog came down, and the signpost disappeared", "followed the sound of the church bell"},
    {"a steep hill rose up like a wall", "climbed it slowly, counting every step to two hundred"},
    {"the wind snatched at the basket", "held on with both arms and walked backward"},
    {"the bridge had lost three of its planks", "held the rail and took one long, brave step"},
    {"a rain shower came down like a curtain", "sheltered under a chestnut tree until it was over"},
    {"a gate was locked", "found a gap in the hedge and squeezed through"},
    {"a muddy field lay in the way", "laid down sticks and walked on them like a tightrope"},
    {"a bull stared over the wall", "tiptoed past on the other side of the hedge"},
    {"a swarm of bees hung from a branch", "went by as slowly and softly as a cloud"},
    {"a peddler asked for help with his cart", "pushed until the wheels came free"},
    {"the snow lay up to {his} knees", "stepped in the footprints of a deer"},
};
inline constexpr Table kHurdle{kHurdleColumns, kHurdles, Draw::even};

// done: a VP of them all; after: a clause.
inline constexpr std::string_view kGiantColumns[] = {"", "where", "pull", "budge", "after"};
inline constexpr Row kGiants[] = {
    {"turnip", "in the garden", "pull it out of the ground",
     "The turnip popped out, and they all fell in a heap",
     "there was turnip soup for everyone, and turnip pie the next day"},
    {"rock", "in the middle of the path", "push it out of the way",
     "The rock rolled down the bank and landed in the stream with a splash",
     "the path was free, and the rock made a good bridge"},
    {"log", "across the stream", "drag it to the bank", "The log slid free, and the water rushed on",
     "the log became a bench for tired walkers"},
    {"pumpkin", "behind the shed", "lift it onto the cart", "Up went the pumpkin, and the cart groaned",
     "it won the first prize at the harvest fair"},
    {"cart", "in the mud", "pull it out of the mud", "The wheels turned with a loud plop",
     "the peddler gave each of them a ride to the crossroads"},
    {"snowball", "at the top of the hill", "roll it to the square",
     "The snowball began to move, and then nobody could stop it",
     "it stood in the square until the middle of spring"},
    {"boat", "on the sandbank", "push it back into the water", "The boat scraped over the sand and floated",
     "the fisherman took them all out to see the seals"},
    {"bell", "at the bottom of the well", "haul it up", "The bell rose out of the dark, dripping and green",
     "it rang over the roofs for the first time in a hundred years"},
    {"cabbage", "in the vegetable patch", "roll it to the kitchen door",
     "The cabbage broke loose with a crunch",
     "they ate it stuffed, stewed and pickled until they laughed at the sight of it"},
    {"wardrobe", "on the stairs", "carry it to the top", "The wardrobe turned the corner with a bump",
     "the mice in the top drawer gave a little cheer"},
};
inline constexpr Table kGiant{kGiantColumns, kGiants, Draw::even};

// Treasure: noun phrases.
inline constexpr std::string_view kHoardColumns[] = {"", "use"};
inline constexpr Row kHoards[] = {
    {"a tin box full of old marbles", "played marbles with them every afternoon"},
    {"a bag of golden coins made of chocolate", "ate one coin each and saved the rest for a rainy day"},
    {"a bundle of letters tied with a blue ribbon",
     "read the letters aloud and learned about two friends of long ago"},
    {"a wooden sword and a captain's hat", "took turns at being captain"},
    {"a bottle with a ship inside it", "put the ship on the shelf between them and told stories about it"},
    {"a jar of seeds with no name on it", "planted the seeds and waited to see what they would be"},
    {"a silver whistle and a note that said, \"Blow twice for friendship\"",
     "blew it twice and laughed at the echo"},
    {"a painted egg with a tiny garden inside", "looked into the egg by turns, with one eye shut"},
    {"a telescope wrapped in oilcloth", "looked at the craters of the moon that night"},
    {"an iron key and another map", "set off again the very next day"},
    {"a chest full of costumes", "put on a play for the whole neighborhood"},
    {"a crock of dark honey, as old as the hills", "spread it on toast for everyone they knew"},
};
inline constexpr Table kHoard{kHoardColumns, kHoards, Draw::even};

// The thing itself follows "to"; at_first, then: clauses; lesson: a sentence.
inline constexpr std::string_view kWishColumns[] = {"", "first", "then", "lesson"};
inline constexpr Row kWishes[] = {
    {"be as tall as a tree", "{he} could look over every roof",
     "{he} could not fit through the door, and nobody could hear {him}",
     "It is good to be just the size you are"},
    {"be invisible", "{he} tickled people and took the best seat",
     "no one said good night to {him}, because no one could see {him}",
     "It is good to be seen by those who love you"},
    {"have summer all year long", "{he} swam every day and ate cherries",
     "the grass turned brown and the wells ran dry", "Every season has its gifts"},
    {"talk to the birds", "they told {him} all the news of the sky",
     "they woke {him} at four in the morning and never stopped talking", "Silence can be a fine thing too"},
    {"eat nothing but sweets", "there was candy for breakfast and cake for lunch",
     "{his} teeth ached and {his} stomach rumbled for bread", "Too much of a good thing is not good at all"},
    {"never go to bed", "{he} played until the moon was high",
     "{he} was so sleepy that {he} put {his} shoes on {his} ears", "Rest makes the day bright"},
    {"turn everything to gold", "{his} spoon shone and so did {his} cup",
     "{his} bread turned hard and yellow, and the flowers lost their scent",
     "Some things are worth more than gold"},
    {"fly like a bird", "{he} floated over the hills and touched the clouds",
     "the wind blew {him} so far that {he} could not see {his} home",
     "The best part of a journey is coming home"},
    {"have a hundred toys", "{he} played with a new one every hour",
     "there was no room left for {his} friends to sit down", "Friends are better than toys"},
    {"be the strongest in the land", "{he} lifted a cow with one {hero.hand}",
     "every cup {he} touched broke, and every hug hurt", "Gentle {hero.hand}s are strong {hero.hand}s"},
    {"stop the rain", "the sun shone on every picnic", "the ducks were sad and the beans dried up",
     "Even gray days do good work"},
    {"be a king", "{he} sat on a throne and wore a heavy crown",
     "all day long people asked {him} questions, and {he} was not allowed to play",
     "It is better to be free than to be grand"},
    {"know everything", "{he} could answer every riddle",
     "nothing ever surprised {him} again, not even {his} birthday", "Finding out is half the fun"},
};
inline constexpr Table kWish{kWishColumns, kWishes, Draw::even};

// The thing itself follows "can"; fail: a VP.
inline constexpr std::string_view kBoastColumns[] = {"", "test", "fail"};
inline constexpr Row kBoasts[] = {
    {"run faster than the wind", "race the wind to the old gate",
     "tripped over {his} own feet and rolled into a puddle"},
    {"jump over the stream", "jump over the stream", "landed in the very middle, up to {his} ears in water"},
    {"climb higher than anyone", "climb the tallest <tree>",
     "got stuck on the third branch and could not move up or down"},
    {"eat [ten|twenty|nineteen] pies", "eat just two of them",
     "turned green after the first and had to lie down"},
    {"lift the heaviest stone", "lift the stone by the well",
     "pulled until {his} face was red, and the stone did not even wobble"},
    {"find the way in the dark", "walk to the mill and back",
     "walked in a circle and bumped into {his} own front door"},
    {"tame the wildest goat", "bring in the goat from the hill",
     "came back sitting on the goat backward, holding on to its tail"},
    {"stay awake all night", "watch for the sunrise", "was snoring before the first star came out"},
    {"stay under water for an hour", "try it while they counted",
     "puffed and gasped at the count of nineteen"},
    {"catch a fish without a net", "catch the old trout by the bridge",
     "caught nothing but weeds and a boot"},
    {"build a house in a day", "build one out of sticks",
     "leaned on the wall, and the whole house fell on {his} head"},
};
inline constexpr Table kBoast{kBoastColumns, kBoasts, Draw::even};

// Something to do on a stage. did: a VP.
inline constexpr std::string_view kActColumns[] = {"", "did", "begin"};
inline constexpr Row kActs[] = {
    {"sing a song", "sang", "the first note came out"},
    {"play the flute", "played", "the first note came out"},
    {"say a poem", "spoke", "the first line came out"},
    {"dance", "danced", "{his} feet began to move"},
    {"play the drum", "drummed", "{his} {hero.hand}s began to move"},
    {"tell a story", "told the story", "the first words came out"},
    {"do a magic trick", "did the trick", "{his} {hero.hand}s stopped shaking"},
    {"be the king in the play", "spoke every line", "the first words came out"},
    {"walk on a rope", "walked", "{his} feet found the rope"},
};
inline constexpr Table kAct{kActColumns, kActs, Draw::even};

inline constexpr std::string_view kDishColumns[] = {"", "look", "like"};
inline constexpr Row kDishes[] = {
    {"spinach soup", "like a green swamp", "fresh and creamy"},
    {"beet salad", "like a purple puddle", "sweet and earthy"},
    {"mushroom stew", "like mud with ears in it", "rich and warm"},
    {"pea pudding", "like a green pillow", "soft and sweet"},
    {"fish pie", "like a gray cloud", "salty, like the sea on a good day"},
    {"pumpkin porridge", "like wet sand", "like honey and spice"},
    {"lentil soup", "like a pond in November", "thick and peppery"},
    {"cauliflower cheese", "like a brain under a blanket", "golden and crunchy"},
    {"turnip mash", "like old plaster", "buttery and light"},
    {"rhubarb pudding", "like pink string", "sour and sweet at the same time"},
    {"cabbage pie", "like a sleeping caterpillar", "juicy and full of surprises"},
    {"eggplant curry", "like something from a cave", "spicy enough to make {him} dance"},
    {"seaweed salad", "like a mermaid's hair", "salty and slippery and fun"},
    {"parsnip cake", "like a flat brown stone", "as sweet as honey"},
};
inline constexpr Table kDish{kDishColumns, kDishes, Draw::even};

// Dreams. The thing itself is what the bed became.
inline constexpr std::string_view kDreamColumns[] = {"", "to", "saw", "host", "token"};
inline constexpr Row kDreams[] = {
    {"a boat with a white sail", "an island of singing shells",
     "crabs played trumpets and seals beat the drums", "kind old seal", "a pearl"},
    {"a balloon with <color> stripes", "the land behind the clouds", "sheep of mist grazed on hills of rain",
     "shepherd with a silver beard", "a tuft of cloud"},
    {"a rocket of tin", "the moon", "mice in tiny boots skated over lakes of milk", "gray moon mouse",
     "a pebble that glowed"},
    {"a submarine with round windows", "the bottom of the sea",
     "lantern fish lit the streets of a coral town", "polite octopus", "a pink shell"},
    {"a sleigh with bells", "the palace of the North Wind", "snowflakes waltzed in a hall of ice",
     "queen of the snow", "a feather of frost"},
    {"a train with golden wheels", "the city of clocks", "every house ticked and every cat chimed",
     "clockwork mayor", "a tiny brass wheel"},
    {"a flying carpet", "a desert of colored sand", "camels told jokes under a striped moon",
     "laughing camel", "a pinch of violet sand"},
    {"a giant swan", "a garden in the sky", "stars grew on stalks like <flowers>",
     "gardener with a watering can of light", "a star seed"},
    {"a walking tree", "a forest of books", "stories dropped from the branches and read themselves aloud",
     "bookish owl", "a leaf covered with words"},
    {"a whale as blue as night", "the harbor of lost things",
     "single gloves and missing buttons danced on the pier", "whiskered harbor master",
     "a glove that fit exactly"},
};
inline constexpr Table kDream{kDreamColumns, kDreams, Draw::even};

// A thing built indoors on a rainy day.
inline constexpr std::string_view kDenColumns[] = {"", "from", "trip"};
inline constexpr Row kDens[] = {
    {"castle", "boxes and blankets", "They guarded it against <few> dragons and a very sleepy cat"},
    {"pirate ship", "chairs and a bedsheet", "They sailed through sharks as far as the kitchen"},
    {"train", "benches and saucepan lids", "It stopped at the North Pole, the pantry and Paris"},
    {"rocket", "cartons and a broom", "They counted down from ten and landed softly on the moon"},
    {"zoo", "cushions and toy animals", "The lion was fed with buttons, and the giraffe had a sore throat"},
    {"shop", "crates and empty jars", "They sold invisible cheese for three pebbles a pound"},
    {"lighthouse", "stools and a lamp", "They saved a whole fleet of slippers from the rocks"},
    {"theater", "curtains and clothespins", "The spoons played the knights, and the teapot was the queen"},
    {"submarine", "a table and some towels", "They saw a squid under the sofa and gave it a biscuit"},
    {"hospital", "blankets and bandages", "Every doll had the measles, and every bear was cured by tea"},
    {"jungle", "green scarves and potted plants", "They hunted a tiger that turned out to be a broom"},
};
inline constexpr Table kDen{kDenColumns, kDens, Draw::even};

}  // namespace diecast::stories
