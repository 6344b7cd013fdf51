#pragma once

#include <string_view>

/// Short plots, where not much happens, and that is enough. The notation is that of story_grammar.hpp.
namespace diecast::stories::plots {

inline constexpr std::string_view bedtime_questions = R"(
<opening>
/
[Every evening|One evening], when {his} {elder} tucked {him} in, {hero} had one more question. ["{Elder.call},
  why does the moon follow us home?" {he} <asked>. "What do you think?" said {his} {elder}. {hero} thought
  about it. "Maybe it is looking for a friend," {he} <replied>.
|"Why do the stars come out only at night?" {he} <asked>. "That is a good question," said {his} {elder}.
  "Perhaps they are shy," {he} said, "~and the sun is so loud."
|"{Elder.call}, why is the night so dark?" {he} <asked>. "What do you think?" said {his} {elder}. "So that
  nobody sees the flowers yawn," <replied> {hero}.
|"Does the wind never sleep?" {he} <asked>. "Why do you want to know?" said {his} {elder}. "Because it sounds
  <tired>," <replied> {hero}, "~and it has no bed."
|"{Elder.call}, where does the sun go at night?" {he} <asked>. "Where would you go?" said {his} {elder}.
  {hero} thought hard. "To see how the children are on the other side," {he} <replied>.]
[{his} {elder} laughed <softly>.|{his} {elder} nodded.|]
/
"And [where do dreams come from|who puts out the stars in the morning|what do fish do when it rains|does an
  oak know that it is an oak|how long is tomorrow]?" "[That I will tell you tomorrow|Ask me again at
  breakfast|That is a question for your pillow]," <replied> {his} {elder}[, and blew out the candle|, and
  kissed {him} good night].
{hero} lay in the dark with {his} {thing.desc} {thing} and thought of [<few> more questions|one last
  question]. But before {he} could ask, {he} was asleep. [A question can wait, and an answer can, too.|And in
  the morning, {he} had a new one.|Outside, the moon waited, as it always did.]
)";

inline constexpr std::string_view echo = R"(
<opening>
/
<one_day> {hero} <walked> [to the foot of the high rocks|into a deep valley|to the old quarry] and called,
  "Hello!" "Hello!" called somebody on the other side. ["Who are you?" <cried> {hero}. "Who are you?"|"What is
  your name?" <cried> {hero}. "What is your name?"|"Come out!" <cried> {hero}. "Come out!"] came the answer.
  [{hero} looked, but there was nobody.|{hero} could not see anyone.]
"[Don't copy me|Stop that]!" shouted {hero}. {He} was <angry> now. ["You are silly!" "Silly, silly,
  silly!"|"You are a donkey!" "Donkey, donkey, donkey!"|"Go away!" "Away, away, away!"] called the voice.
  [{hero} stamped {his} foot.|{hero} threw a stone.|] {he} <ran> home and told {his} {elder}. "[There is
  somebody in the rocks, and he is rude to me|There is a rude child over there]," {he} <sobbed>.
/
{his} {elder} smiled. "[Go back and say something kind|Try it once more, but this time be polite]," {elder.he}
  said. So {hero} went back. ["You are my friend!" {he} called. "My friend, my friend!"|"I like you!" {he}
  called. "Like you, like you!"|"I am sorry!" {he} called. "Sorry, sorry!"] said the voice. [<joy>.|{hero}
  began to smile.]
[The world often answers as you call to it.|"You see," said {his} {elder}, "~you get back what you send
  out."|And since then, {hero} and the echo have been good friends.]
)";

inline constexpr std::string_view stone_soup = R"(
<opening>
/
[One cold evening|One <fine> day|At the end of a long winter], nobody in the {hero.town} had much to eat.
  {hero} had nothing but a big pot. {he} put it [in the middle of the square|on a fire under the <tree>],
  filled it with water and dropped in a stone. "What are you cooking?" <asked> {friend.full}. "Stone soup,"
  <replied> {hero}. "It is good, but it would be even better with % [carrot|onion]."
"I have one at home," said {friend}, and fetched it. Then {helper}, {helper.who}, came by. "Stone soup? [I
  have some potatoes|I could bring some barley]," {helper.he} said. {his} {elder} brought [beans|salt and
  parsley|a bit of butter], and % <small> {pet} [looked on|waited for its share].
/
[Soon it smelled of <scent> and home.|It bubbled and steamed.] Everyone got a bowl, and it was [the best soup
  in the world|<good>]. "And all that from a stone!" <cried> {friend}. {hero} [took the stone out, washed it
  and put it in {his} pocket|winked at {his} {elder}]. [When everyone gives a little, there is enough for
  all.|"The stone was the smallest part of it," {he} said.|<good_night>.]
)";

inline constexpr std::string_view clouds = R"(
<opening>
/
<one_day> {hero} and {friend.full} lay on their backs [in the grass|in the meadow|on the hill|in the hay] and
  looked at the sky. "[That one looks like|I can see] % [dragon|whale|castle|giant shoe|sleeping bear|ship
  with <few> sails]," said {hero}. "[To me, it looks like|No, I think it is] % [teapot|{animal}|mountain|lion
  with a cold|hat]," said {friend}. They [looked again|tilted their heads]. [The wind blew, and it became
  something else.|Slowly, the cloud turned into two clouds.]
"[Where do they all go|Are they going home]?" <asked> {friend}. "[To the sea, to drink|To some other place,
  where somebody is looking up just now|Over the hills, to bring rain to the <flowers>]," <replied> {hero}.
  [They were quiet for a while.|For a while, nobody said anything.|] [<bugs> hummed around them.|% <bird> sang
  in the <tree>.|They ate {food} without looking down.]
/
Then a drop fell on {hero}'s nose. "[The clouds have heard us|That one was mine|Now they are laughing at us]!"
  {he} <laughed>. They <ran> home through the rain, [and the clouds came, too|laughing all the way|{hero.hand}
  in {hero.hand}]. [You need nothing but the sky to be happy.|And when the sun came out, there was a whole new
  sky to read.|<good_night>.]
)";

inline constexpr std::string_view hide_and_seek = R"(
<opening>
/
<one_day> {hero}, {friend} and <few> other {hero.folk} played hide-and-seek [in the meadow|around the old
  mill|behind the barn|on the hill]. {friend} [covered {friend.his} eyes|leaned against % <tree>] and counted
  to [twenty|fifty|a hundred]. {hero} <ran> to find a good place. [Not behind the <tree>, for that was too
  easy.|Everybody always hid behind the <tree>.] {he} <crept> [into a heap of hay|into a big basket|under an
  upturned boat|into a pile of leaves] and pulled it shut.
[It was <soft> and dark in there.|It smelled of <scent>.] {hero} waited. {he} heard steps. {he} held {his}
  breath, and the steps went away. [{he} smiled to {himself}.|"Nobody will ever find me," {he} thought.] And
  then {his} eyes fell shut.
/
"[I give up! Come out|Where are you? You have won|Come out, the game is over]!" <cried> {friend}. [But {hero}
  did not come out.|There was no answer.] [It grew late.|The sun went down.|An hour went by.] {his} {elder}
  came with a lantern, and they all called {his} name. [Then % {animal.adj} {animal} stopped in front of it
  and {animal.cry}.|Then somebody heard a soft little snore.] "[Here {he} is|Found]!" <cried> {friend}. {hero}
  [rubbed {his} eyes|sat up with a straw behind {his} ear]. "[Did I win|Is it my turn to count]?" {he}
  <asked>. [Everyone laughed, and {his} {elder} carried {him} home.|It was the best hiding place of all
  time.|And the game was over for that day.]
)";

inline constexpr std::string_view pond_moon = R"(
<opening>
/
One [clear|still|warm] night, {hero} looked into [the pond|the well] and saw the moon at the bottom. "<oh_no>!
  The moon has fallen into the water!" {he} <cried>. "[It will drown|It will get cold down there]." {he}
  [fetched a net|fetched a bucket|found a long stick with a hook] and tried to pull it out. But each time, the
  moon [broke into a hundred pieces|slipped away and trembled]. [<sorrow>.|{hero} pulled harder.]
{friend.full} came and helped. [They pulled with all their might.|They both pulled, and something caught on a
  stone.|"One, two, three!" {friend.he} <cried>.] [Then it gave way|Then there was a splash|Then something
  tore], and they fell flat on their backs.
/
And there, high above them, was the moon, [round and bright|as white as milk]. "We did it!" <cried> {friend}.
  "[We have thrown it back into the sky|It is back where it belongs]!" <joy>. ["Good night, moon," {he}
  <whispered>.|They told everyone, and nobody had the heart to explain it to them.|{his} {elder} smiled when
  {elder.he} heard it. "<praise>," {elder.he} said. "What would we do without you two?"] [<good_night>.|And to
  this day, they look up every night to see if it is still there.]
)";

inline constexpr std::string_view market_day = R"(
<opening>
/
On <weekday>, {his} {elder} gave {him} three coins for the fair. "[Buy whatever you like|Spend them wisely],"
  {elder.he} said. There were <color> balloons, <pretty> ribbons, {food.taste} {food} and [a man who swallowed
  fire|a monkey in a jacket|a fortune teller with a parrot]. With the first coin, {hero} bought {food.piece}.
  [It was gone in three bites.|It was <tasty>.]
With the second coin, {he} wanted to buy % {thing.desc} {thing}. But then {he} saw {friend.full}, who had lost
  {friend.his} money and looked <very> <sad>. [{hero} turned the coin over in {his} {hero.hand}.|{hero}
  thought about it for a while.] "Here, take one of mine," {he} said. "<thanks>!" <cried> {friend}, and they
  rode on the merry-go-round until they were dizzy.
/
[There was one coin left.|Now {he} had only one coin.|The third coin was still in {his} pocket.] [On the way
  home, {he} stopped at the last stall.|At the last stall, {he} stood still.] "I will take [that bunch of
  <flowers>|that little pot of honey|that tiny bell]," {he} <announced>, and {he} carried it home behind {his}
  back. "[For you|This is for you]," {he} told {his} {elder}. [{his} {elder} did not say a word, but
  {elder.his} eyes <shone>.|"And what did you buy for yourself?" <asked> {his} {elder}. "A very good day,"
  <replied> {hero}.] [One coin for yourself, one for a friend and one for home: that is wise
  enough.|<good_night>.]
)";

}  // namespace diecast::stories::plots
