#pragma once

#include <string_view>

/// Plots of wonder and of courage: wishes, mysteries, dreams, learning. Notation as in story_grammar.hpp.
namespace diecast::stories::plots {

inline constexpr std::string_view wish = R"(
<opening>
/
[One night,|One evening,|One <fine> evening,] {hero} [saw a star fall from the sky|found % <small> lamp
  {outside.spot}|caught a golden fish in the river and let it go again|helped an old woman to carry her
  wood|set free a tiny fairy from a spider's web]. [A voice like a bell said,|Then a soft voice <whispered>,]
  "[You may make one wish|One wish shall be yours|Because your heart is good, you may have one wish]. [Choose
  well|Think before you speak]."
{hero} did not think for long. "I wish to {wish}!" {he} <cried>. [There was a flash.|There was a sound like
  breaking glass.|The air smelled of <scent>.] [And it came true|And so it was|And so it happened]!
/
At first, it was [wonderful|great fun|the best thing in the world]: {wish.first}. ["Look at me!" {he}
  <cried>.|{hero} laughed and laughed.|{friend.full} could hardly believe it.|] [But after <few> days,|But by
  the third day,|But soon,] {wish.then}. [It was not fun any more.|<sorrow>.|"What have I done?" <sobbed>
  {hero}.|{his} {elder} shook {elder.his} head.]
"[Please, take my wish back|I want everything to be as it was|Please make me as I was before]," {hero}
  <whispered>. [For a long time, nothing happened.|Nothing moved.] Then the voice said, "[What have you
  learned|And what do you know now]?"
"{wish.lesson}," <replied> {hero}.
"[Then you are wiser than many a king|Now you are wise|That is worth more than any wish]," said the voice.
  [There was a flash, and everything was as before.|The wind turned, and the magic was gone.]
/
[{hero} <ran> home.|{hero} took a deep breath.] [{his} {elder} was just putting {food} on the table.|It
  smelled of {food}.|Everything was just as it had always been, and it was perfect.] [<joy>.|"I am so glad to
  be home," {he} said.|] [And when {he} sees a falling star now, {he} only waves.|Be careful what you wish
  for.|<good_night>.]
)";

inline constexpr std::string_view mystery = R"(
<opening> {he} was good at [solving riddles|asking questions|noticing small things].
/
[One <weekday>, something strange happened.|Something strange was going on in the {hero.town}.] The {mystery}
  {mystery.from} were gone! "[Who took my {mystery}?|Where are my {mystery}?|My {mystery} are gone!]" <cried>
  {helper}, {helper.who}. ["There must be a thief," said {his} {elder}.|The next day, even more {mystery} were
  gone.|]
"[I will find out|I will solve this mystery|Leave it to me]," <announced> {hero}. {he} took {his} magnifying
  glass[ and {his} notebook|]. {friend.full} came along to help.
/
They looked [at the door, the window and the floor|in every corner|under everything and behind everything].
  "[Here is a clue|Look, here is something|What is this?]," said {hero}. It was {mystery.clue}. "[That is
  odd|Now we know something|Every thief leaves a trace]," <whispered> {friend}. [{hero} wrote it down.|{hero}
  put it in a box.|]
That night, they hid <hide> and waited. [The clock struck ten, and then eleven.|{friend} almost fell
  asleep.|It was so quiet that they could hear their hearts.] [Then something moved!|Then something
  rustled.|Then a shadow slid across the wall.] [They did not breathe.|<fear>.|] Slowly, {hero} lifted the
  lantern.
There, in the light, was {mystery.thief}! [It had one of the {mystery} with it.|It looked as surprised as they
  were.|] They followed it <slowly> and saw the reason: {mystery.why}.
/
"[So that is the answer|So you are the thief]," said {hero} <softly>. [Nobody could be <angry> about
  that.|{friend} began to giggle.|] In the morning, {he} told {helper} everything. {helper} [laughed until
  {helper.his} eyes were wet|had to smile|laughed and shook {helper.his} head]. "[Well, a few may stay where
  they are|I will leave something out every night|I have enough to share]," {helper.he} said. [Before you
  blame somebody, find out the truth.|After that, everyone brought their riddles to {hero}.|And so the mystery
  was solved.]
)";

inline constexpr std::string_view dream = R"(
<opening>
/
[One night,|One warm night,|One night in {season},] {hero} could not fall asleep. [The moon was too
  bright.|{he} listened to the wind in the <tree>.|{he} counted sheep, but they would not stand still.] Then
  the bed began to [rock|shake|hum]. "[What is happening|What is this]?" <asked> {hero}, and sat up. The bed
  had turned into {dream}!
It [rose up through the open window|glided out into the night]. [Far below, {his} own home grew smaller and
  smaller.|{hero} looked down and saw {place}, as small as a plate.|{he} was not afraid at all.|]
/
[They traveled past <few> stars.|On and on they went.] At last, {he} came to {dream.to}. [There,
  {dream.saw}.|{he} rubbed {his} eyes, for {dream.saw}.] "[Welcome, {hero}|You are late, {hero}|We have been
  waiting for you, {hero}]," said % {dream.host}. "[We have kept a chair free for you|We need somebody
  {trait}|Our feast cannot begin without a guest]."
So {hero} [stayed for the feast|danced with everyone|told them stories of home], and they ate [{food} that
  tasted of moonlight|{food.taste} {food} from silver plates|{food} and laughed]. [It was so beautiful that
  {he} forgot the time.|] [But then {he} thought of {his} {elder}.|But after a while, {he} began to miss {his}
  own pillow.] "I have to go home now," {he} said.
"[Take this, so that you will remember us|This is for you|This is a gift for the road]," said the
  {dream.host}, and gave {him} {dream.token}.
/
In the morning, the sun shone on {his} blanket. "[It was only a dream|Was it only a dream?|What a dream],"
  {hero} <whispered>. [Then {he} felt something in {his} {hero.hand}.|Then {he} put {his} {hero.hand} under
  the pillow.|Then {he} saw something on the floor.] It was {dream.token}! [{hero} smiled and told only
  {friend.full}.|"{Elder.call}, you will never believe this!" {he} <cried>.|{he} put it in a box, and
  sometimes at night it hums.]
)";

inline constexpr std::string_view learning = R"(
<opening>
[More than anything, {hero} wanted to {skill}.|{hero} had one big wish: {he} wanted to {skill}.|All the other
  {hero.folk} could {skill}, but not {hero}.] [{friend.full} could do it already.|{friend.full} made it look
  so easy.]
/
"[Today I will learn it|I will try it today|How hard can it be?]," {he} said. {he} took a deep breath, and
  {skill.fail}. [Some of the {hero.folk} laughed.|"Oh!" {he} <cried>.|] {he} tried again, and it went no
  better. "[I can't do it|I will never learn it|It is too hard for me]," <sobbed> {hero}. [{he} wanted to give
  up.|<sorrow>.|]
{friend} came and sat down next to {him}. ["Do you know how often I failed?" {friend.he} <asked>. "Twenty
  times.|"I could not do it at first, either," {friend.he} said. "It took me all summer.|"Nobody can do it on
  the first day," {friend.he} said. "I tried for a whole month.] {skill.tip}."
[{hero} said the words to {himself}: "{skill.tip}."|{hero} nodded and stood up.|]
/
[Every day, {he} practiced a little.|{he} practiced before breakfast and after supper.|{he} tried on Saturday,
  and {he} tried on Sunday.] [On some days it went well, and on some days it did not.|Each time, it went a
  tiny bit better.|It was hard, but {he} did not stop.] [Only % {animal} watched {him}, and it did not
  laugh.|{his} {elder} saw it and smiled.|]
And then, [one <fine> morning|on the <nth> day|one evening], it happened: {he} {skill.win}! "[I did it|I can
  do it|Look at me]!" <cried> {hero}. "<praise>! [I knew you could|I never doubted you|What did I tell you?],"
  {friend} <cried>.
[<joy>.|{hero} had never been so proud.] [The next week, {he} saw someone <small> who was trying to {skill}.
  "{skill.tip}," said {hero} <softly>.|If you try and try again, you will get there in the end.|And to this
  day, {skill.ing} is what {he} loves best.|{skill.ing} was easy now, because {he} had not given up when it
  was hard.]
)";

inline constexpr std::string_view stage = R"(
<opening>
/
There was going to be a [festival|big feast|concert] at {place}, and {hero} was going to {act}. [{he} had
  practiced for <few> weeks.|At home, {he} did it every day, and it always went well.|"You will be wonderful,"
  said {his} {elder}.] But when {he} [peeked through the curtain|saw all the faces|stood behind the stage],
  {his} stomach [turned over|felt full of butterflies|went cold]. [So many eyes!|Everyone was there, even
  {helper}, {helper.who}.|] "[I can't do it|I want to go home|I have forgotten everything]," {he} <whispered>.
  <fear>.
/
{friend.full} [came to {him}|found {him} behind a chair|took {his} {hero.hand}]. "[What is wrong|Why are you
  so pale|What are you doing down there]?" {friend.he} <asked>. "[What if I make a mistake?|What if they laugh
  at me?|What if nobody claps?]," said {hero}.
"[Then I will clap for ten|Then you just go on, and nobody will notice|Then we will eat {food} afterward, as
  always]," <replied> {friend}. "[I will sit in the first row|Look only at me]." And {friend.he} gave {hero}
  [% {thing.desc} {thing} for luck|{friend.his} lucky {thing}|a hug].
/
Then somebody called, "And now, {hero}!" {He} walked out into the light. [It was as quiet as in a church.|A
  chair creaked.|Somebody coughed.|] {hero} found {friend} in the first row. {he} breathed in, and {he}
  counted to three. Then {act.begin}. [At first it was shaky, and then it grew strong.|After a moment, {he}
  forgot to be <afraid>.] {he} {act.did} [as {he} had never done before|as if there were no one else in the
  room|until the very end].
[There was a silence, and then everybody clapped and stamped.|The people jumped up and clapped.|The clapping
  was as loud as a waterfall.] [<joy>.|{hero} took a bow, and then another.|] ["Can I do it again tomorrow?"
  <asked> {hero}.|To be brave is to be <afraid> and to do it anyway.|<good_night>.|With one friend in the
  first row, you can do anything.]
)";

inline constexpr std::string_view honesty = R"(
<opening> [{hero} had long wished for % {thing.desc} {thing}, but it cost <few> coins.|In the window of the
  shop stood % {thing.desc} {thing}, and {hero} looked at it every day.]
/
<one_day> {he} found % [<color>|leather|heavy|little] purse {place.spot}. [There were coins in it, <few> of
  them, and all of silver.|It was full of coins.] "[Now I can buy anything I like|I could buy the {thing}|I am
  rich]," {he} thought. [There was nobody in sight.|Nobody had seen {him}.|] {he} put the purse in {his}
  pocket. It felt [heavy|cold|strange].
/
[On the way home, {he} met|Around the corner, {he} met|At the crossroads stood] {helper}, {helper.who}.
  {helper.he} was looking at the ground, and {helper.his} face was [gray|pale|<sad>]. "[Have you seen a
  purse|Did you find a purse]?" {helper.he} <asked>. "[It is all I have saved this year|I need the money for
  the winter|It was for medicine]."
{hero} [swallowed|held the purse tight in {his} pocket|looked at {his} feet]. [It would be easy to say no.|For
  a moment, nobody spoke.] {he} thought of the {thing}. Then {he} thought of {helper}. "[Here it is|I found
  it|I have it]," {he} said, and held it out. [{helper} counted the coins, and not one was missing.|{helper}
  sat down and wiped {helper.his} eyes.] "[You could have kept it|Nobody would have known]," {helper.he} said.
  "[I would have known|But it was not mine|It was yours the whole time]," <replied> {hero}.
/
[The next day|A week later|On <weekday>], there was a parcel at {his} door. In it was the {thing.desc}
  {thing}, and a note: "[For an honest {hero.hand}|For somebody I can trust|With thanks from {helper}]."
  [<joy>.|{hero} read it <few> times.|] [Honesty is worth more than silver.|Of all {his} things, {he} loved
  this {thing} most.|<good_night>.]
)";

inline constexpr std::string_view nursing = R"(
<opening>
/
One cold morning[ in autumn| in early spring|], {hero} found % {pet.adj} {pet} {outside.spot}. It was
  [hurt|weak and cold|ill], and [it could hardly lift its head|its eyes were half closed|it was shaking].
  "[Poor thing|Don't be <afraid>|I won't leave you here]," <whispered> {hero}. {he} [wrapped it in {his}
  scarf|laid it in {his} basket] and carried it home [slowly|carefully|gently].
"[Can I keep it?|May it stay with us?|Will it get well?]" {he} asked {his} {elder}. "[It may stay until it is
  well|It needs warmth, quiet and time]," <replied> {his} {elder}. "[But it is wild, and one day it will want
  to go home|But do not forget that it is wild|But one day it will want to go home]."
/
{hero} made a bed from [a box and some hay|an old drawer and % <soft> blanket|a basket and some wool]. {he}
  gave it [water, drop by drop|crumbs of {food}]. [At night, {he} got up <few> times to look at it.|{helper},
  {helper.who}, brought an ointment that smelled of <scent>.|] [On the second day, it opened its eyes.|On the
  third day, it drank by itself.|] [A little later, the {pet} {pet.cry} for the first time. <joy>.|]
  [Soon the {pet} followed {him} from room to room.|Soon the {pet} slept at the foot of {his} bed.|]
/
But one <fine> day, the {pet} sat at the window and looked out all day. [{hero} knew what that meant.|"It
  is homesick," said {his} {elder} <softly>.] [<sorrow>.|] So {he} carried the {pet} back to {outside} and
  set it down. ["Go home, little friend," {he} <whispered>.|"You are free now," {he} <whispered>.|] The
  {pet} looked back once, and then it was gone.
[But every spring, something comes to {his} door and waits for a crumb.|<few> weeks later, there was a sound
  at the door. There stood the {pet} with <few> little ones.|{hero} was sad and glad at the same time.|]
  [If you love something, you can let it go.|That is what friends do.|And {hero} smiled whenever {he} thought
  of it.]
)";

inline constexpr std::string_view small_hero = R"(
<opening> But {hero} was [the smallest of all|very small, smaller than all the others]. "[You are too
  small|Wait until you are bigger]," the others always said. [When they played <games>, {he} had to watch.|]
  [<sorrow>.|"Your time will come," said {his} {elder}.]
/
<one_day> [all the {hero.folk} went to {outside}|everybody was at {outside}]. [There,
  {outside.sight}.|<sky>.|] [Suddenly, there was a cry.|Then somebody screamed.|All at once, everyone began to
  shout.] [{friend.full} had fallen into a deep, narrow hole.|{friend.full} had crawled into a cave, and a
  stone had rolled in front of it.|{friend.full} was locked in the <old> tower, and the key lay behind the
  bars.] "[Help|Help me|Get me out of here]!" {friend} <cried>.
[The biggest tried first, but the gap was too narrow.|The strongest pulled and pushed, but nothing moved.]
  ["We need somebody small," said {helper}, {helper.who}.|{helper}, {helper.who}, came with a rope, but nobody
  could reach {friend.him}.|]
"[I can fit through|Let me try|I am small enough]," said {hero}. [Nobody laughed this time.|They all turned
  around.]
/
{hero} was <afraid>. But {he} thought of {friend}, held {his} breath and <crept> into the gap. [It was dark
  and cold.|It was so tight that {he} could hardly breathe.] [Inch by inch, {he} went on.|{he} counted to
  twenty to stay calm.|] "I am coming, {friend}!" {he} <cried>. Then {he} [found {friend} and showed
  {friend.him} the way|took {friend} by the {hero.hand} and led {friend.him} out].
/
[Soon both of them stood in the sunlight again.|A moment later, they were both outside.] [Everyone
  cheered.|There was a great cheer.|The crowd went wild.] "[You saved me|You were so brave]!" <cried>
  {friend}. [They carried {hero} home on their shoulders.|After that, nobody ever left {hero} out again.|] "I
  am small," said {hero}, "~and that is just the right size." [And {he} was right.|<good_night>.|It is not the
  size of the body that counts, but the size of the heart.]
)";

inline constexpr std::string_view letter = R"(
<opening>
/
<one_day> there was a letter at {his} door. It was [thin and <color>|wet from the rain|tied with % <color>
  ribbon] and smelled of <scent>. But the name on it was not {his} name. "To {friend}," {hero} read. ["I know
  nobody called {friend}," {he} said. "[But somebody is waiting for it|I have to find out where it
  belongs]."|"I have never heard of {friend}," said {his} {elder}. "[Then I must look for {friend}|But
  somebody is waiting for it]," <replied> {hero}.]
/
So {hero} set off. First {he} asked {helper}, {helper.who}, {helper.at}. "[I don't know any {friend}|Try the
  other side of {place}]," said {helper}. {he} asked [at every door|everyone {he} met]. [{he} even asked %
  {animal}, but it only {animal.cry}.|One said left, and one said right.|{his} feet hurt, and it began to
  rain.]
At last, {he} knocked at % <old> door [near {place}|behind % <tree>|at the very end of the path]. [It opened a
  crack.|Slowly, it opened.|It took a long time until it opened.] "I have a letter for {friend}," said {hero}.
/
{friend} [took it with both {hero.hand}s|opened it with trembling {hero.hand}s|turned it over and over].
  {friend.he} read it, and {friend.his} eyes filled with tears. "[It is from my brother. He is coming home|My
  sister has written at last. She is well|It is from my grandmother. She has not forgotten me]!" {friend.he}
  <cried>. "[And you walked all this way for somebody you did not know|You came all this way for a
  stranger|And you brought it to me through wind and rain]?"
"[Now I know you|It was nothing|I like walking]," <replied> {hero}. {friend} laughed. "Come in and have
  {food.piece}!" {friend.he} said. They [talked until it was dark|drank some <drink> and told each other
  everything|discovered that they both loved <hobby>]. [And the next week, there was a letter at {hero}'s
  door, and this time it was for {hero}.|<friends_end>.|And that is how a letter that went to the wrong door
  brought two friends together.]
)";

}  // namespace diecast::stories::plots
