// expect-error: every stage of a Chain must model diecast::Layer
#include <diecast/model/chain.hpp>
#include <diecast/model/dropout.hpp>

using namespace diecast;

using Stream = Edge<float, Shape<8, 32>>;

// A layer, but for a word on what its output's elements are.
struct NoElement {
  using Input = Stream;
  struct Output {
    static constexpr std::size_t bytes = 64;
  };
  using Params = FieldList<>;
  using Packs = FieldList<>;
  using Saved = FieldList<>;
  using Scratch = FieldList<>;
  static constexpr KernelShapes shapes{};
};
using Broken = Chain<Stage<"first", NoElement>, Stage<"second", Dropout<8, 8, 32, 0>>>;
Broken broken;
