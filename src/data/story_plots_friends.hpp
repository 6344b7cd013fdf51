#pragma once

#include <string_view>

/// Plots about friends: finding, sharing, quarreling, making up. The notation is that of story_grammar.hpp.
namespace diecast::stories::plots {

inline constexpr std::string_view lost_and_found = R"(
<opening>
[{hero} had % {thing.desc} {thing}, and {he} took it everywhere.|Of all {his} things, {hero} loved {his}
  {thing.desc} {thing} the most.|{his} favorite thing in the world was % {thing.desc} {thing}, a present from
  {his} {elder}.|{his} {elder} had given {him} % {thing.desc} {thing}.]
[Almost every day, {he} would {thing.use}.|{he} loved to {thing.use}.|Nothing made {him} happier than to
  {thing.use}.|]
/
<one_day> {hero} [took the {thing} to {place}|went to {place} with the {thing}|<walked> to {place} and took
  the {thing} along]. [There, {place.sight}.|<sky>.|]
[But when it was time to go home, the {thing} was gone.|On the way home, {he} looked down, and {his}
  {hero.hand}s were empty.|But after a while, {he} noticed that the {thing} was missing.]
"<oh_no>! [Where is my {thing}?|My {thing} is gone!|I have lost my {thing}!]" <cried> {hero}. [<sorrow>.|]
/
{friend.full} [heard {him}|saw {his} tears|came by] and [stopped|ran over|came closer]. "<comfort>," said
  {friend}. "[We will look for it together|I will help you to find it|Let's go back and look|<offer>]."
[They looked high and low.|They looked under leaves and behind stones.|They walked back, step by step.] [They
  asked % {animal.adj} {animal}, but it only {animal.cry}.|They even asked {helper}, {helper.who}, but
  {helper.he} had not seen it.|]
[At last, {friend} looked {place.spot}.|Then {hero} looked {place.spot}.|Just before dark, they looked
  {place.spot}.] [There was the {thing}!|There it lay, a little dirty but safe!|And there was the {thing}, as
  good as ever!]
[<joy>. "<thanks>!" {he} said.|"<thanks>," said {hero}. <joy>.] [<friends_end>.|From that day on, {hero}
  always held the {thing} tight.|From then on, {he} put the {thing} in its place each evening.|They took turns
  to {thing.use} until it was dark.]
)";

inline constexpr std::string_view sharing = R"(
<opening>
/
<one_day> {hero} [packed some {food} for lunch|put some {food} in a basket|got some {food} from {his} {elder}]
  and <walked> to {outside}. [<sky>.|There, {outside.sight}.|]
[{he} sat down and began to eat.|{he} found a good place to sit.] The {food} {food.were} [{food.taste} and
  <tasty>|<tasty>|{food.taste}, just the way {he} liked {food.them}].
Then {he} saw {friend.full}. {friend} [sat alone|looked <very> <sad>|was looking at the ground]. "[What is the
  matter|What is wrong|Why are you not eating]?" <asked> {hero}.
"[I forgot my lunch|I have nothing to eat today|My lunch fell into the mud|% {animal} ran off with my lunch],"
  <replied> {friend} <sadly>.
/
{hero} [looked at {his} {food}|thought for a moment]. [There was not much left.|There was just enough for
  one.|{he} was still hungry.] But {friend} was hungry too.
"[Here, have {food.piece}|Take half of mine|You can have some of mine]," {he} said. "[It tastes better
  together|There is enough for both of us|Friends share]."
{friend}'s face lit up. "<thanks>!" [{Friend.he} took {food.piece} and ate it <slowly>.|{Friend.he} ate until
  the last crumb was gone.]
/
[The next day,|A week later,|Not long after that,] it was {hero} who [had no lunch|had forgotten to bring any
  food|was hungry]. {friend} [opened {friend.his} bag|came running] and [held out {treat.piece}|took out some
  {treat}]. "[Now it is my turn|You shared with me, so I share with you|Half of this is yours]," {friend.he}
  said.
[They ate the {treat} side by side, and nothing had ever tasted so good.|The {treat} {treat.were}
  {treat.taste}, and they ate every bit.]
[It is true: a thing that is shared is twice as good.|Those who share never go hungry for
  long.|<friends_end>.|And {hero} learned that kindness comes back.]
)";

inline constexpr std::string_view new_friend = R"(
<opening> [But {he} had no one to play with.|But something was missing: {he} had no friend nearby.|Sometimes
  {he} felt a little lonely.]
/
<one_day> {friend.new} [moved in next door|came to live near {place}|arrived in the {hero.town}]. [The
  newcomer's name was {friend}.|"That is {friend}," said {his} {elder}.]
{friend} [stood at the gate and said nothing|looked down and did not smile|hid behind % <tree> when anyone
  came near]. [Some of the {hero.folk} said that {friend.he} was rude.|The other {hero.folk} did not ask
  {friend.him} to play.|]
[But {hero} remembered how it feels to be alone.|{hero} thought, "Maybe {friend.he} is just
  <afraid>."|"Perhaps {friend.he} is only shy," thought {hero}.]
/
So {hero} [took {his} {thing.desc} {thing}|brought out {his} {thing.desc} {thing}] and <walked> over. "Hello,
  I am {hero}," {he} said. "[Would you like to see my {thing}?|Do you want to play with me?|I have % {thing}.
  Would you like to try it?]"
At first, {friend} only [stared|blinked|shook {friend.his} head]. Then {friend.he} <whispered>, "[I like your
  {thing}|I had one like that at home|Yes, I would like that]."
{hero} showed {friend.him} how to {thing.use}. [Soon both of them were laughing.|Before long, {friend} was
  laughing out loud.|{friend} was very good at it.] [Then they played <games>, and after that they tried
  <hobby>.|They played until the stars came out.|They shared some {food} and told each other secrets.|]
"[I was <afraid> that nobody would like me|I thought I would never find a friend here|I did not know how to
  say hello]," said {friend}.
"[Now you have me|You have found one now|All it takes is one word]," <replied> {hero}. [<friends_end>.|A
  friend is sometimes only one hello away.|And from then on, neither of them was lonely again.]
)";

inline constexpr std::string_view quarrel = R"(
<opening> [{his} best friend was {friend}.|{hero} and {friend} were friends and did everything
  together.|{hero} played with {friend} every day.]
/
<one_day> they found % {thing.desc} {thing} {place.spot}. "[I saw it first|It is mine]!" <cried> {hero}. "[No,
  I did|No, it is mine|But I picked it up]!" <cried> {friend}.
[{hero} pulled on one side and {friend} pulled on the other.|They pulled and pushed and shouted.|Both of them
  held on to it and would not let go.] [Then the {thing} slipped and fell into the mud.|Then they both fell
  over backward.|The {thing} flew through the air and landed in a puddle.]
"[Go away|I will never play with you again|You spoil everything]!" <cried> {friend}. {hero} was <angry>, too.
  {he} [stamped home|turned around and marched off|<trudged> home without a word].
/
But at home it was [quiet|too quiet|dull]. [{hero} tried <hobby>, but it was no fun alone.|{hero} wanted to
  play <games>, but it takes two to play it.|The {food} on the table did not taste good.] [{hero} thought
  about {friend} all evening.|{he} could not sleep that night.|] "What good is % {thing} without a friend?"
  {he} thought.
/
[The next morning|As soon as it was light], {hero} <ran> to find {friend}. [They met halfway, because {friend}
  was already on {friend.his} way.|{friend} was sitting on {friend.his} doorstep and looked <sad>.|]
"[I am sorry|I am so sorry]," they both said at the same time, and then they both laughed. "[You can have it
  today, and I can have it tomorrow|Let's take turns|It can belong to both of us]," said {hero}.
So they washed the {thing}, and [each of them got to {thing.use}|they took turns to {thing.use}|it spent one
  week with {hero} and one week with {friend}]. [<friends_end>.|A friend is worth more than any {thing}.|They
  never quarreled about it again.]
)";

inline constexpr std::string_view race = R"(
<opening> {he} was [a fast runner|the fastest runner in the {hero.town}|quick on {his} feet].
/
[Every year,|In {season},|On the first day of {season},] there was a big race from {outside} to the <old>
  bridge. The prize was [% {thing.desc} {thing}|a golden cup|a basket of {food.taste} {food}|a crown of
  <flowers>]. ["I want to win," {hero} <announced> to {his} {elder}.|"This year I am going to win," {hero}
  told {his} {elder}.|]
[Seven|Nine|Ten|A dozen|Twenty] {hero.folk} stood at the line. [{friend.full} was there as well.|{friend.full}
  stood next to {him}.] "[Ready, steady, go|One, two, three, go|On your marks, get set, go]!" <cried>
  {helper}, {helper.who}.
/
{hero} <ran> [like the wind|as fast as {he} could|past one runner after another]. [Soon {he} was in
  front.|Only {friend} could keep up with {him}.|After the first bend, {he} could hear nobody behind {him}.]
  [{he} could already see the finish.|The bridge was not far now.|]
[Then there was a cry.|Suddenly, somebody cried out.|Then {he} heard a cry behind {him}.] {friend} had
  [tripped over a root|slipped on a wet stone|stepped into a hole] and [was holding {friend.his} knee|could
  not get up|lay in the dust].
{hero} looked at the bridge. Then {he} looked back. [It was hard to stop, but {he} stopped.|For one moment,
  {he} did not know what to do.|"The race can wait," {he} thought.] {he} turned around and helped {friend} up.
  "[Lean on me|Put your arm around my neck|Come on, we will finish together]," {he} said.
/
[The others <ran> past them.|] {hero} and {friend} came in last, step by step, [but the crowd cheered louder
  for them than for the winner|and everyone clapped and cheered|and then something strange happened: everybody
  stood up and clapped].
"[You lost the race, but you won a friend|You did not win, but you did the right thing|I have never seen a
  better runner]," said {helper}. [{friend} gave {hero} half of {friend.his} {food}.|{hero} felt <very>
  proud.|<joy>.] [There are things more important than winning.|To be kind is better than to be
  first.|<friends_end>.]
)";

inline constexpr std::string_view teamwork = R"(
<opening>
/
<one_day> {hero} found % <big> {giant} {giant.where}. [It was bigger than {hero}.|It was as big as a
  bear.|Nobody had ever seen such % <big> {giant}.|] "[I must {giant.pull}|I will {giant.pull}]," {he}
  <announced>.
{he} pushed and pulled[ with all {his} might| until {his} face was red|]. The {giant} did not move. [{hero}
  wiped {his} forehead.|{hero} sat down and puffed.|]
/
Then {his} {elder} came and helped. They pushed and pulled, but the {giant} did not move. Then {friend.full}
  came and helped. They pushed and pulled, and the {giant} [shook a little|creaked|only wobbled]. Then
  {helper}, {helper.who}, came and helped. They pushed and pulled, but the {giant} would not [move|budge|give
  way]. "It is no use," <sobbed> {friend}.
Just then, % <small> {pet} came along. "[May I help?|Can I try, too?]" it <asked>. [Everyone laughed.|The
  others laughed.|{friend} laughed. "You are much too small!"] But {hero} said, "[Every bit helps|Let it
  try|We need everybody]."
/
[So the {pet} helped as well.|So the {pet} took hold, too.] "[One, two, three|Ready, steady, heave|All
  together now]!" <cried> {hero}. They [all pushed and pulled together|pushed and pulled with all their
  might|pushed and pulled as one]. {giant.budge}!
"[Hooray|Hurrah|We did it]!" they <cried>. [And {giant.after}.|After that, {giant.after}.] The {pet} got
  [the best seat|{treat.piece} all to itself|a crown of <flowers>]. [Even the smallest helper can make all the
  difference.|Nobody is too small to help.|What one cannot do, many can do together.|And nobody ever laughed
  at a small {pet} again.]
)";

inline constexpr std::string_view boasting = R"(
<opening> {hero} was [good at many things, and {he} talked about it all day|clever, but {he} liked to boast].
/
"I can {boast}," {he} told [everyone|all the {hero.folk}][ at breakfast| again and again|, whether they asked
  or not]. {friend.full} [did not believe it|rolled {friend.his} eyes|raised {friend.his} eyebrows].
  "[Really?|Can you?|Is that so?] Then show us," said {friend}. "[You only have to|All you have to do is]
  {boast.test}."
{hero} [swallowed hard|got red ears|looked at {his} feet]. [It was too late to say no.|There was no way
  back.|Now {he} could not say no.] So [the next morning|that afternoon|on <weekday>], everyone came to watch.
  [Even {helper}, {helper.who}, was there.|There were <few> of them, and % {animal} as well.|] <fear>, but
  {he} said nothing.
/
{hero} took a deep breath, and {he} {boast.fail}. [Everyone laughed.|Some of the {hero.folk}
  laughed.|Somewhere, % {animal} {animal.cry}.] {hero} [wanted to sink into the ground|hid {his} face in {his}
  {hero.hand}s|turned as red as a beet].
But {friend} did not laugh. {friend.he} [came over and helped {hero}|held out {friend.his} {hero.hand}|wiped
  the mud from {hero}'s nose]. "[Are you hurt?|Are you all right?]" {friend.he} <asked> <softly>. "You don't
  have to {boast}. [We like you just as you are|I like you because you are {trait}|You tell the best stories
  of anyone I know]."
/
"<sorry>," said {hero}. "[I wanted you to think that I was wonderful|I talk too much|I only wanted to be
  special]."
[After that, {hero} talked less and listened more.|From that day on, {he} only told of things {he} had really
  done.|{hero} still told tall tales, but now everyone knew that they were tales.] [And {he} had more friends
  than ever.|Those who boast the loudest often fall the hardest.|<friends_end>.|It is better to do a small
  thing well than to talk about a big one.]
)";

}  // namespace diecast::stories::plots
