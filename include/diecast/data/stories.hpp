#pragma once

#include <cstdint>
#include <string>

namespace diecast {

/// Document `index` of the built-in corpus `seed`: a short English children's story, for small models to
/// learn to continue: its people, its places and what is lost, made or wished for stay the same to the end.
/// Plain ASCII, 60 to 220 words in two to four paragraphs with an empty line between them;
/// it ends with its last sentence, without a newline. A pure function of its arguments, to the byte, on every
/// platform and compiler.
///
/// The sentences are written for this project: plots with interchangeable parts (`src/data/story_*.hpp`),
/// drawn with Zipf-like weights by SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators").
std::string story(std::uint64_t seed, std::uint64_t index);

}  // namespace diecast
