// expect-error: Repeat: a layer that is repeated must return to the edge it left
#include <diecast/model/chain.hpp>
#include <diecast/model/linear.hpp>

using namespace diecast;

template struct diecast::Repeat<Linear<8, 32, 64, float, false>, 2>;
