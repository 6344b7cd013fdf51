// expect-error: NormLayer: RMSNorm has no bias
#include <diecast/model/norm.hpp>

template struct diecast::NormLayer<diecast::Norm::rms_norm, 8, 32, float, true, 10000>;
