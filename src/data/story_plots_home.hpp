#pragma once

#include <string_view>

/// Plots that happen at home: mending, giving, fearing the dark, telling the truth.
namespace diecast::stories::plots {

inline constexpr std::string_view mending = R"(
<opening>
[{his} {elder} had % {fix.desc} {fix}.|In the yard there was % {fix.desc} {fix}.|{hero} was very fond of the
  {fix.desc} {fix}.] [Everyone used it.|It had been in the family for <few> years.|It was older than {hero}.|]
/
<one_day> [something bad happened:|there was a terrible noise:|it happened:] {fix.broke}. "<oh_no>," said
  {his} {elder}. "[Now the {fix} is broken|The {fix} is good for nothing now|We will have to throw the {fix}
  away]."
[<sorrow>.|] But then {he} had an idea. "[Maybe we can mend it|Broken things can be mended|Let me try to mend
  it]," {he} said.
{he} asked {helper}, {helper.who}, for help. {helper} looked at the {fix} from all sides. "[We need
  {fix.tool}|All you need is {fix.tool}|It takes {fix.tool}, and a little time]," {helper.he} <explained>.
/
{hero} [fetched|found|got] {fix.tool}. [{helper} showed {him} what to do.|{helper} held the {fix} still.|"Take
  your time," said {helper}.] {hero} {fix.how}. [It was slow work.|Once, {he} almost gave up.|{his} tongue
  stuck out, because {he} worked so hard.|It took the whole afternoon.]
[At last it was done.|At last, {he} put down {his} tools.] The {fix} {fix.again}.
/
"<praise>!" <cried> {his} {elder}. "[You mended it all by yourself|It is better than before|And I wanted to
  throw it away]!" "[{helper} helped me|I had a good teacher]," <replied> {hero}[ <happily>|]. [<joy>.|{hero}
  felt <very> proud.]
[Do not throw a thing away because it is broken.|Since then, everybody brings broken things to {hero}.|With
  patience, almost anything can be mended.|<good_night>.]
)";

inline constexpr std::string_view gift = R"(
<opening>
/
[Soon it would be the birthday of {his} {elder}.|In <few> days, {his} {elder} would have a birthday.|{his}
  {elder} was going to have a birthday on <weekday>.] "[What can I give?|What shall I give?]" thought {hero}.
  [{he} shook {his} money box, but only a button fell out.|{he} had no money at all.|{he} had just one penny.]
"[I will make something|The best gifts are made by hand|I can make a present myself]," {he} <announced>. "I
  will make % {craft.desc} {craft}." [{he} looked for {craft.from}.|{he} found {craft.from}.|{helper},
  {helper.who}, gave {him} {craft.from}.]
/
[Every day after lunch|In the evenings|When nobody was looking], {hero} {craft.made}. [It was not easy, and
  {craft.trouble}.|Then {craft.trouble}.] [<sorrow>.|"It will never be ready," {he} <sobbed>.|"<oh_no>!"
  <cried> {hero}.]
But {friend.full} said, "<comfort>. [Try once more|Begin again, and go slowly|It does not have to be
  perfect]." So {hero} tried again[, <slowly>|, a little more carefully|]. [Late on the last evening, the
  {craft} was ready.|At last, the {craft} was done.] [{he} hid it <nook>.|]
/
On the birthday, {hero} gave it to {his} {elder}. [For a moment it was very still.|{hero} held {his}
  breath.|<fear>.] "[Did you make this yourself?|For me? Did you make it?]" {his} {elder} <asked>. {hero}
  nodded.
"It is the <best> {craft} I have ever seen," said {his} {elder}, and {elder.his} eyes <shone>. {elder.he}
  {craft.joy}. [<joy>.|{hero} was <very> proud.|] [The best gifts come from the heart.|A gift is worth as much
  as the love in it.|<good_night>.]
)";

inline constexpr std::string_view mistake = R"(
<opening>
/
<one_day> {hero} was [playing <games>|dancing around|in a great hurry] [in the kitchen|at home|by the door].
  [{he} was not careful.|{his} {elder} had told {him} to be careful, but {he} forgot.] {he} {mishap}.
  "<oh_no>!" <whispered> {hero}. [<fear>.|{he} looked left and right.] [Nobody had seen it.|There was no one
  there.] {he} {mishap.hid}.
/
[At supper,|Later,|In the evening,] {his} {elder} <asked>, "[Do you know what happened to {mishap.broken}?|Who
  did this to {mishap.broken}?|Did you see what happened to {mishap.broken}?]"
"[No|It was not me|Maybe it was the wind|It must have been % {animal}]," <replied> {hero}. But {his} [ears
  turned red|voice was very small|stomach hurt]. [The {food} tasted like paper.|{he} could not eat {his}
  {food}.|]
That night, {hero} could not sleep. [The bed felt hard.|{he} turned from one side to the other.|Every time
  {he} shut {his} eyes, {he} saw {mishap.broken}.] [At last {he} got up.|In the end, {he} could not bear it
  any longer.] {he} <crept> to {his} {elder}.
/
"<sorry>," {he} <sobbed>. "[It was me|I did it|I did it, and then I told a lie]."
{his} {elder} was quiet for a moment. Then {elder.he} [took {him} in {elder.his} arms|put an arm around
  {him}|sat down beside {him}]. "<forgive>," {elder.he} said. "[Tomorrow you can put it right|We will find a
  way to put it right|A thing can be mended, and so can a lie]."
[The next morning|The next day], {hero} {mishap.amends}. [It took a long time, but {his} heart was light
  again.|It was hard work, but {he} sang while {he} did it.] [The truth is sometimes hard to say, but it makes
  you free.|And {he} never hid a mistake again.|That night, {hero} slept like a stone.|It is better to tell
  the truth at once.]
)";

inline constexpr std::string_view night_fears = R"(
<opening>
/
[One night,|One dark night,|One windy night,|One night in {season},] {hero} [lay in bed and could not
  sleep|woke up in the dark]. [The moon had gone behind a cloud.|The fire had gone out.|Everyone else was fast
  asleep.] [Suddenly,|Then|All at once,] {noise}.
<fear>. [{he} pulled the blanket up to {his} nose.|{he} hugged {his} {thing.desc} {thing}.|{he} hid under the
  blanket.|] "[It is {noise.guess}|That must be {noise.guess}|What if it is {noise.guess}?]," {he}
  <whispered>.
/
["{Elder.call}!" {he} <cried>. {his} {elder} came with a candle. "What is the matter?" {elder.he}
  <asked>.|{hero} <crept> to {his} {elder}. "{Elder.call}, wake up!" {he} <whispered>.] "[There is
  {noise.guess} in here|I think it is {noise.guess}]," said {hero}.
{his} {elder} did not laugh. "[Let's go and look together|Things look bigger in the dark. Come with me|Shall
  we see what it really is?]," {elder.he} said, and took {him} by the {hero.hand}. [They <crept> across the
  floor.|They held up the light.|Step by step, they went closer.] [And what was it?|And what did they find?]
  It was {noise.truth}!
/
{hero} began to laugh. "[I was <afraid> of that?|So that is all it was!|It was not {noise.guess} at all!]"
  {he} <cried>.
["Being brave does not mean that you are never <afraid>," <explained> {his} {elder}. "It means that you go and
  look."|"Even grown-ups are <afraid> at times," said {his} {elder}. "A little light and a closer look will
  help."|"Now you know," said {his} {elder}. "The dark is only the day with its eyes shut."]
[They drank some <drink> together.|{his} {elder} sang a song about the moon.|{his} {elder} left the door open,
  just a little.|] [Then {hero} went back to bed and slept until morning.|<good_night>.|And when {he} heard or
  saw it again, {he} only smiled and turned over.]
)";

inline constexpr std::string_view surprise = R"(
<opening>
{hero} had a secret. [It was so big that it tickled {him} inside, and only {friend.full} knew it.|It was a
  good secret, and nobody knew it but {friend.full}.|{he} had told only {friend.full}.] On <weekday>, [{his}
  {elder} would have a birthday, and there was going to be a party|there was going to be a surprise for {his}
  {elder}, who worked so hard all year].
/
[It is not easy to keep a secret.|Keeping it was hard.] "[What are you two whispering about?|Why are you
  smiling like that?|What is in that basket?]" {his} {elder} <asked>.
"[Oh, nothing|Nothing at all|We are only talking about the weather]," <replied> {hero} quickly, and {friend}
  [coughed|giggled|looked at the ceiling].
[In secret, they|When {his} {elder} was out, they] bought {food} and hid {food.them} <nook>. They [made paper
  stars in <few> colors|hung <color> lanterns in the <tree>|picked <few> bunches of <flowers>] and [wrote
  letters to all the guests|practiced a song|invited {helper}, {helper.who}]. [Once, % {animal} almost ate the
  {food}, but {hero} shooed it away just in time.|]
/
[On the big day|When the evening came], {hero} said, "[Come with me, and close your eyes|There is something in
  the yard. You must see it]!" {He} took {his} {elder} by the {hero.hand}[ and led the way|].
"Surprise!" <cried> all the guests at once. [The lanterns <shone>, and everybody began to sing.|The candles
  <shone>, and the music began.] {his} {elder} [put both {hero.hand}s to {elder.his} face|did not know what to
  say|laughed and cried at the same time]. "[For me?|All this for me?] [And I did not guess a thing|I had no
  idea|And you kept it secret all this time]!" {elder.he} said.
[They ate {food} and danced until midnight.|They danced until the moon was high.|] [<joy>.|{hero} and {friend}
  smiled at each other.] [A secret is best when it makes somebody happy.|"Now I don't have to keep it any
  more," said {hero}, and everyone laughed.|<good_night>.]
)";

inline constexpr std::string_view picky = R"(
<opening> [There was one thing {he} did not like: new food.|But at the table {he} was not easy to please.|{he}
  ate {food} and nothing else.]
/
<one_day> {his} {elder} made {dish}. It [looked {dish.look}|steamed in the bowl and looked {dish.look}]. "[I
  don't like that|I won't eat it|Ugh, no, thank you]," said {hero}.
"[You have not tried it yet|How do you know, if you have not tried it?|Just one bite]," <replied> {his}
  {elder}. [{hero} pressed {his} lips together.|{hero} folded {his} arms.|{hero} pushed the plate away.] ["I
  only like {food}," {he} said.|"Can't I have {food} instead?" {he} <asked>.|"It looks {dish.look}," {he}
  said.]
/
[Then there was a knock at the door.|Just then, somebody knocked at the door.|Then the door opened.] It was
  {friend.full}. "[What smells so good?|Mmm, is that {dish}?]" {friend} <asked>. {friend.he} sat down and ate
  a whole plate of it. "[More, please|This is the best {dish} I have ever eaten|May I have some more?],"
  {friend.he} said.
{hero} watched every bite. {his} stomach [rumbled|growled|made a noise like a bear]. [At last, {he} picked up
  {his} spoon.|{he} closed {his} eyes and took the smallest bite in the world.|"Well, maybe one bite," {he}
  <whispered>.]
{he} chewed. {he} stopped. [{he} chewed again.|{his} eyes grew round.] It was {dish.like}! "[It is good|I like
  it|Nobody told me that it was good]!" <cried> {hero}. [Everyone laughed.|{his} {elder} smiled and filled
  {his} plate.]
/
[Soon the pot was empty.|In the end, there was nothing left for {his} {elder} but the spoon.] ["What will we
  have tomorrow?" <asked> {hero}. "Something new, I hope."|From then on, {hero} always took one bite before
  {he} said no.|Now {dish} is {his} favorite, right after {food}.] [You never know until you
  try.|<good_night>.|A new thing is sometimes only one bite away.]
)";

inline constexpr std::string_view rainy_day = R"(
<opening>
/
[One <weekday>,|One day in {season},|One morning,] it [rained and rained|rained so hard that nobody could go
  out|poured without a stop]. {hero} and {friend.full} [stood at the window|pressed their noses to the
  window]. "[We wanted to go to {place}|Now we can't play <games> outside|I am so bored]," <sobbed> {hero}.
  "[There is nothing to do|This is the dullest day of the year]," said {friend}.
{his} {elder} looked up. "[Nothing? Look around you|A rainy day is an empty page|When I was small, I built
  things on days like this]," {elder.he} <replied>.
/
{hero} looked around. {he} saw {den.from}. [Slowly, {he} began to smile.|{his} eyes began to shine.] "[I know!
  Let's build % {den}|We could make % {den}]!" {he} <cried>.
They [carried everything to the middle of the room|pushed and piled and tied|worked all morning]. [{friend}
  held one end and {hero} held the other.|Twice it fell down, and twice they built it up again.] [They put
  {his} {thing.desc} {thing} on the top.|{his} {thing.desc} {thing} hung at the entrance like a flag.|] And
  then it was ready: the <best> {den} in the world.
{den.trip}. [For lunch, they ate {food} inside it.|They even ate their {food} there.|] [{his} {elder} had to
  knock before {elder.he} could come in.|{his} {elder} came to visit and had to pay one button.|]
/
[They did not see the rain stop.|When they looked out again, the sun was shining.] "[You can go out now|The
  rain has stopped]," said {his} {elder}. {hero} and {friend} looked at each other. "[Not yet|Oh no, not
  now|Could it rain again tomorrow, please?]," they said. [All you need for an adventure is a friend and an
  idea.|<good_night>.|And so the dullest day became the best day of all.]
)";

}  // namespace diecast::stories::plots
