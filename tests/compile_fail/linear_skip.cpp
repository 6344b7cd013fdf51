// expect-error: Linear: kSkip tells whether forward is given a skip
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

using namespace diecast;

using L = Layers<ActivePreset, ActivePreset::value.rows()>;
using Returning = L::Return<L::p.d_model>;

void forward(const Context<ActivePreset>& ctx, const Frame<Returning>& f, In<Returning::Input> x,
             Out<Returning::Output> y) {
  Returning::forward(ctx, f, x, y);
}
