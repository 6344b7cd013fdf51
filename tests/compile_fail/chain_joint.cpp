// expect-error: a layer's Output must be the next layer's Input
#include <diecast/model/chain.hpp>
#include <diecast/model/linear.hpp>

using namespace diecast;

using Broken =
    Chain<Stage<"up", Linear<8, 32, 64, float, false>>, Stage<"down", Linear<8, 32, 32, float, false>>>;
Broken broken;
