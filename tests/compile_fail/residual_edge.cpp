// expect-error: Residual: a branch must return to the edge it left
#include <diecast/model/chain.hpp>
#include <diecast/model/linear.hpp>

using namespace diecast;

template struct diecast::Residual<Chain<Stage<"up", Linear<8, 32, 64, float, false>>>>;
