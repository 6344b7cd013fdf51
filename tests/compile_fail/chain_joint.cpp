// expect-error: a layer's Output must be the next layer's Input
#include <diecast/model/chain.hpp>
#include <diecast/model/linear.hpp>
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

using namespace diecast;

using Broken =
    Chain<Stage<"up", Linear<8, 32, 64, float, false>>, Stage<"down", Linear<8, 32, 32, float, false>>>;

void forward(const Context<ActivePreset>& ctx, const Frame<Broken>& f, In<Broken::Input> x,
             Out<Broken::Output> y) {
  Broken::forward(ctx, f, x, y);
}
