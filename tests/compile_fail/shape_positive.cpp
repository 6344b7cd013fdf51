// expect-error: Shape: every extent must be positive
#include <diecast/core/shape.hpp>

template struct diecast::Shape<4, 0>;
