// expect-error: Chain: the last stage must not read its output in backward
#include <diecast/model/transformer.hpp>
#include <diecast/preset/active.hpp>

using namespace diecast;

using L = Layers<ActivePreset, ActivePreset::value.rows()>;
using Broken = Chain<Stage<"qkv", L::Project<L::p.d_model, L::p.qkv_width()>>, Stage<"core", L::Attend>>;

void backward(const Context<ActivePreset>& ctx, const Frame<Broken>& f, In<Broken::Input> x,
              In<Broken::Output> dy, Out<Broken::Input> dx) {
  Broken::backward(ctx, f, x, dy, dx);
}
