#pragma once

namespace diecast {

/// What training minimises besides the cross-entropy of each target; evaluation never does.
struct LossOptions {
  /// e: the target is to have probability 1 - e + e / V and every other token e / V (Szegedy et al. 2016,
  /// arXiv:1512.00567, section 7).
  float label_smoothing = 0;
  /// w: adds w log(Z)^2 for a softmax whose exponentials sum to Z (Chowdhery et al. 2022, arXiv:2204.02311, section 5).
  float z_loss = 0;
};

}  // namespace diecast
