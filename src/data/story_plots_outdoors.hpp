#pragma once

#include <string_view>

/// Plots under the open sky: storms, journeys, gardens, treasure. The notation is that of story_grammar.hpp.
namespace diecast::stories::plots {

inline constexpr std::string_view storm = R"(
<opening>
/
<one_day> {hero} and {friend.full} were [playing {outside.in}|on their way to {outside}|playing <games>
  {outside.in}]. [At first, <sky>.|For a while, <sky>.] [Then the sky turned dark.|But big gray clouds came
  over the hills.|But then the wind began to blow.] [The first drops fell, as big as pennies.|There was a
  flash, and then a loud boom.|The <tree> bent down and groaned.|]
"[A storm is coming|That is a storm|Here comes the storm]!" <cried> {friend}. "[Run|Quick, this way|We have to
  find shelter]!" <fear>.
They <ran> [through the rain|with the wind at their backs|{hero.hand} in {hero.hand}] and found [% <old> hut|a
  cave|% <old> barn|a dry place under a rock]. [Inside, it was dark and dry.|There they sat close
  together.|They were wet to the bone, but safe.]
/
[Then they heard a sound.|Then something moved.|But they were not alone.] In the corner sat % {pet.adj} {pet}.
  It was [wet and shaking|trembling all over|cold and wet]. "[It is even more <afraid> than we
  are|Look, it is <afraid>, too|Poor little thing]," <whispered> {hero}. {he} [wrapped it in {his} scarf|gave
  it some {food}|spoke to it <softly>|held it close]. The {pet} {pet.cry}[ and came closer|]. [While
  they took care of it, the thunder seemed to grow smaller.|Because {hero} took care of it, {he} forgot to be
  <afraid>.]
They [told each other stories|counted the seconds between flash and boom|sang every song they knew] until the
  storm [was over|moved away|grew tired].
/
When they came out, [the whole world was dripping and shining|a rainbow stood over the hills|the air smelled
  of <scent>]. [The {pet} hurried off to {pet.home}.|They carried the {pet} back to {pet.home}.|]
  {his} {elder} [came running to meet them with a blanket|had been worried and hugged both of them]. "[Were
  you <afraid>?|Weren't you <afraid>?]" {elder.he} <asked>.
"[Yes, but we were together|A little, but somebody needed us|Only until we had somebody to look after],"
  <replied> {hero}. [After every storm, the sun comes out again.|<good_night>.|Fear grows small when you help
  somebody else.]
)";

inline constexpr std::string_view journey = R"(
<opening>
/
<one_day> {his} {elder} gave {him} a basket of {food}. "[Please take this to {helper}, {helper.who}|Will you
  take this to {helper}, {helper.who}?|Please bring these good things to {helper}, {helper.who}]," {elder.he}
  said. "[It is a long way, but you are big enough now|Stay on the path and be home by dark]."
{hero} put on {his} <clothes> and set off. [<sky>.|{he} hummed a song.|{he} felt <very> grown-up.]
/
[After a while,|Soon,|Before long,] {hurdle}. [{he} thought for a moment.|{he} did not turn back.|"What now?"
  thought {hero}.] Then {he} {hurdle.past}. [The basket felt heavy, but {he} held it tight.|{his} legs were
  tired, but {he} walked on.|]
[[Next,|A little farther on,|Around the next bend,] {second}. {hero} took a deep breath and {second.past}.
|By {outside}, {he} met % {animal.adj} {animal}. "[Are you hungry?|Would you like something, too?]" <asked>
  {hero}, and {he} gave it {food.piece}. [The {animal} walked with {him} the rest of the way.|The {animal}
  showed {him} a short cut.|]]
/
At last {hero} [saw a light in a window|knocked at the door|stood in front of the door]. There was {helper},
  {helper.at}. "{hero}! [You came all this way?|All by yourself?|In this weather?]" <cried> {helper}. [They
  ate the {food} together and drank some <drink>.|They ate <soup> soup and {food}, and {hero} warmed {his}
  {hero.hand}s on the bowl.|They ate the {food} together, and {hero} told {helper.him} about everything that
  had been in {his} way.]
[When {hero} came home, the first star was out.|{helper} brought {him} home before dark.] ["Was it far?"
  <asked> {his} {elder}. "Far enough for a story," <replied> {hero}.|"Was it far?" <asked> {his} {elder}.
  "Only as far as the next step, every time," <replied> {hero}.|"How was it?" <asked> {his} {elder}. "I would
  go again tomorrow," <replied> {hero}.] [<good_night>.|A long way is made of small steps.|And that was {his}
  first great journey.]
)";

inline constexpr std::string_view garden = R"(
<opening>
/
[One day in spring,|When the snow was gone,] {his} {elder} gave {him} [a handful of {crop} seeds|a packet of
  {crop} seeds]. "[What can I do with something so <small>?|Is that all?|Are these crumbs?]" <asked> {hero}.
  "[Plant them and see|Put them in the earth, give them water and wait|There is something wonderful asleep
  inside]," <replied> {his} {elder}.
{hero} dug [a little hole|a neat row] [behind the shed|by the wall|next to the <flowers>] and [covered
  everything with soft earth|put the seeds in one by one|pressed the earth down with {his} {hero.hand}s].
  Every morning, {he} [brought water in a can|pulled out the weeds|filled {his} <old> can and watered the
  bed].
/
[On the first day, nothing happened. On the second day, nothing happened.|A whole week went by, and nothing
  happened.|{he} looked and looked, but there was only earth.] "[It will never grow|Nothing is going to come
  up|I must have done it wrong]," <sobbed> {hero}.
"[Be patient|Good things take time|A seed cannot read a clock]," <replied> {his} {elder}. [It rained, and then
  the sun came out.|Then came a warm night with soft rain.] And one morning, {crop.sprout}! "[Look, look|Come
  quickly|It is alive]!" <cried> {hero}.
[But the {crop.pests} had seen it, too.|One day, there were holes in the leaves. It was the {crop.pests}!]
  {hero} [{crop.drove}|sat beside the bed and kept watch]. [{friend.full} helped {him}.|]
/
[All summer long, it grew and grew.|The days grew long, and the sun grew hot.] Then, at last, {crop.crop}.
  [<joy>.|{hero} called everyone to come and look.|] {hero} and {his} {elder} {crop.use}.
["And next year I will plant <few> rows," <announced> {hero}.|"I will save one seed for next year," said
  {hero}.|] [Patience is a kind of magic.|Whoever waits and works will have a harvest.|<good_night>.]
)";

inline constexpr std::string_view rescue = R"(
<opening>
/
<one_day> {hero} was on {his} way to {outside} when {he} heard [a small sound|a cry|something]. {he} [stopped
  and listened|followed the sound|stood still and <looked> around]. There, {outside.spot}, was % <small>
  {plight}. [Poor thing:|Something was wrong:] {plight.stuck}.
"[You poor little thing|Don't be <afraid>|Hold still, little one]," <whispered> {hero}. "[I will help you|I
  will get you out|I won't hurt you]." [But the {plight} was <very> <afraid>.|]
/
{friend.full} came along the path. ["Leave it alone," {friend.he} said. "You can't do anything."|"It is only %
  {plight}," {friend.he} said. "Come and play <games> with us."|"Shall I get somebody?" {friend.he} <asked>.
  But there was no time.] "[I have to try|I can't just walk away|It needs us now]," <replied> {hero}.
{he} moved <slowly> and spoke <softly>. [{he} remembered what {his} {elder} had once told {him}.|{he} thought
  hard.|] Then {he} {plight.freed}. [It took a long time.|It was not easy.|{friend} watched, and then
  {friend.he} began to help.] [And then the {plight} was free!|All at once, the {plight} was free!|At last,
  the {plight} was safe!] [It sat there for a moment, as if it could not believe it.|For a moment, it did not
  move.|It looked at {hero} for a long time.] Then it {plight.thanks}.
/
"[You did it|That was wonderful|I would not have thought of that]," said {friend} <softly>. [<joy>.|{hero}
  felt warm inside.] [From that day on, the {plight} was not <afraid> of {hero} any more.|Often, after that,
  {he} saw the {plight} near {outside}, and {he} always said hello.|When {he} told {his} {elder}, {elder.he}
  said, "I am proud of you."|] [No one is too small to be helped.|<good_night>.|To help somebody, you need a
  kind heart and a little patience.]
)";

inline constexpr std::string_view lost_way = R"(
<opening>
/
<one_day> {hero} [followed a butterfly|followed the tracks of % {animal}|looked for {treat}|looked for
  <flowers>] farther and farther into {wild}. [{his} {elder} had told {him} not to go too far, but {he}
  forgot.|]
When {he} looked up, [every tree looked the same|the path was gone|nothing looked as it should].
  "{Elder.call}?" {he} <cried>. [Nobody answered.|Only an echo answered.] <fear>. [It was getting dark.|The
  shadows grew long.|The sun was going down.]
/
{hero} sat down on a stone. [Then a voice said hello.|Then {he} saw two bright eyes.] It was % {animal.adj}
  {animal}[, and it could talk, as animals can in stories|]. "[I am lost|I want to go home|I don't know the
  way]," <sobbed> {hero}. "[What can you see from your home|What is near your home]?" <asked> the {animal}.
{hero} shut {his} eyes. "[The <old> mill|A tall <tree>|A stream that sings|A field full of <flowers>]," {he}
  <replied>, "~and in the evening it smells of {food}."
"I know that smell! Come with me," said the {animal}. [They <walked> uphill and downhill.|It went ahead, and
  {hero} followed.] Then {he} smelled it: {food}! And there was a light, and there was {his} {elder}, with a
  lantern.
/
"[I have looked everywhere for you|I was so worried|There you are]!" <cried> {his} {elder}, and held {him}
  tight. "[I won't go so far again|I am sorry, I went too far]," said {hero}. {he} turned around to thank the
  {animal}, but it was [gone|already gone]. [Every evening since then, {he} puts some {food} outside the door,
  and every morning the plate is empty.|<good_night>.|It is good to know the way, and even better to have a
  friend who does.]
)";

inline constexpr std::string_view treasure = R"(
<opening>
/
<one_day> {hero} found [an old map in a bottle|a folded map inside a book|a map under a loose board]. On it
  there was a [red|black|crooked] cross. "[A treasure map|A real treasure|This must be a treasure map]!" {he}
  <cried>. {he} <ran> to {friend.full}. "[Will you come with me|Do you want to look for it with me]?" "<yes>!"
  <cried> {friend}. [They took a spade and % <old> lantern.|They took a spade and some {food}.]
/
[The map said: Go to {outside}.|First the map led them to {outside}.] [There, {outside.sight}.|] "[<few> steps
  to the <tree>|Twenty steps to the <tree>|Now we have to find % <tree> with a hole in it]," {hero} read.
  [Then {hurdle}. {hero} {hurdle.past}, and so did {friend}.|"Let's go home," said {friend}. "It is only a
  joke." "Just a little farther," <replied> {hero}.|"What if somebody else has found it?" <asked> {friend}.
  "Then we will have had a long walk," <replied> {hero}.]
/
At last, [there was the spot:|they stood in front of it:] {outside.spot}, just where the cross was. They dug[
  and dug|]. [Clunk!|Then the spade hit something hard.|"I can feel something!" <cried> {friend}.] It was %
  <old> chest! <slowly>, they lifted the lid. And in it was {hoard}.
"[Is that all|No gold|Is that a treasure]?" <asked> {friend}. [Then they both began to laugh.|But {hero}
  smiled.] "[I think it is the best treasure of all|It is ours, and we found it together]," said {hero}. They
  {hoard.use}. [The real treasure was the day they had spent together.|<friends_end>.|And that evening, they
  drew a map of their own, for somebody else to find.]
)";

inline constexpr std::string_view snow = R"(
<opening>
/
One winter morning, {hero} looked out. [Everything was white.|The whole {hero.town} was white and quiet.|It
  had snowed all night.] "Snow!" {he} <cried>. {he} put on {his} <clothes> and <ran> outside. {friend.full}
  was there already.
"[Let's make a snowman|Let's build a big snowman]!" said {friend}. They rolled [three balls, each a little
  smaller|one big ball, one middle-sized ball and one small ball]. [They gave it a carrot for a nose and two
  buttons for eyes.|It got a carrot for a nose and two buttons for eyes.] {hero} [put {his} own hat on its
  head|tied {his} own scarf around its neck|gave it {his} {thing.desc} {thing} to hold]. "[Let's call him|His
  name is|I will call him] [Mr. Frost|Old Whitebeard|Captain Snow|Mr. Flake|Sir Icicle]," said {hero}.
/
[All week long, they visited him every day.|Every morning, they said hello to him.] [% <bird> sat on his head
  and sang.|They told him their secrets, for he never told anyone.|] [But then the wind turned warm.|But one
  day, the sun grew warm.|But no winter lasts forever.] [Drip, drip, drip, went the roof.|Drops fell from the
  <tree>.] The snowman grew [thin|small|thinner and thinner]. [His nose fell off.|His head slid to one side.]
"[He is melting|He is going away]!" <sobbed> {hero}. "[Can't we stop it|Can we carry him into the cellar]?"
{His} {elder} knelt down beside {him}. "[The water will run into the earth, and the flowers will drink it|He
  will turn into water, and the stream will carry him to the sea|He will rise up to the clouds, and next
  winter he will come back]," {elder.he} <explained>.
/
[The next morning|Soon], there was only a puddle, a carrot and two buttons. {hero} [gave the carrot to %
  {animal}|put the buttons in {his} pocket until next year|looked at the puddle and waved]. In spring,
  <flowers> grew in that very spot. "[Hello, old friend|There he is|Look, he has come back]," said {hero}.
  [What goes away often comes back in another shape.|And {friend} smiled.|And when the first flake fell the
  next winter, {he} was already at the window.]
)";

}  // namespace diecast::stories::plots
