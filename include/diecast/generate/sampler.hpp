#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <diecast/core/random.hpp>
#include <diecast/core/token.hpp>

namespace diecast {

/// How the next token is chosen.
struct Sampling {
  double temperature = 0.8;  ///< divides the logits; 0: always the likeliest token
  std::size_t top_k = 50;    ///< only the k likeliest (Fan et al. 2018, arXiv:1805.04833); 0: all
  double top_p = 0.95;       ///< only the fewest that reach p (Holtzman et al. 2020, arXiv:1904.09751)
  std::uint64_t seed = 1;
};

/// Chooses tokens. A choice is a pure function of the logits, the settings and its index.
class Sampler {
 public:
  explicit Sampler(const Sampling& sampling) : sampling_(sampling) {}

  /// Choice number `index` from `logits`; of equal logits the smaller token comes first. Throws
  /// Error(Fault::run) when one is not finite. `logits` must not be empty.
  Token choose(std::span<const float> logits, std::uint64_t index);

 private:
  struct Candidate {
    Token token;
    float logit;
    double weight;  // exp of the scaled distance to the best logit
  };

  void keep_top_k();
  void keep_top_p();

  Sampling sampling_;
  std::vector<Candidate> candidates_;
};

}  // namespace diecast
