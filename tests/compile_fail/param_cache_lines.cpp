// expect-error: Param: a tensor must fill whole cache lines
#include <diecast/model/layer.hpp>

template struct diecast::Param<"bias", diecast::Shape<20>, diecast::Init::zeros>;
