#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/model.hpp"
#include "tests/reference/splitmix.hpp"

/// Derivatives by complex step: f'(x) = Im f(x + ih) / h. Nothing is subtracted, so with a tiny h the result
/// is exact to rounding (Squire, Trapp 1998, "Using complex variables to estimate derivatives of real
/// functions").
namespace diecast::reference {

inline constexpr double kComplexStep = 1e-50;

using Complex = std::complex<double>;

/// The derivative of f() with respect to a coordinate that f reads; the coordinate is restored.
template <class F>
double derivative(F&& f, Complex& coordinate) {
  const Complex value = std::exchange(coordinate, Complex(coordinate.real(), kComplexStep));
  const double slope = f().imag() / kComplexStep;
  coordinate = value;
  return slope;
}

/// The derivative of f(weights) with respect to weights[name][index].
template <class F>
double derivative(F&& f, Weights<Complex>& weights, const std::string& name, std::size_t index) {
  return derivative([&] { return Complex(f(std::as_const(weights))); }, weights.at(name).at(index));
}

/// The slope of f(weights) along a direction: the sum of gradient times direction over the tensors that
/// `direction` names. One evaluation checks any number of coordinates. The weights must be real and stay so.
template <class F>
double directional_derivative(F&& f, Weights<Complex>& weights, const Weights<double>& direction) {
  for (const auto& [name, slopes] : direction)
    for (std::size_t i = 0; i < slopes.size(); ++i) weights.at(name).at(i).imag(slopes[i] * kComplexStep);
  const double slope = Complex(f(std::as_const(weights))).imag() / kComplexStep;
  for (const auto& [name, slopes] : direction)
    for (std::size_t i = 0; i < slopes.size(); ++i) weights.at(name).at(i).imag(0);
  return slope;
}

template <class T>
std::vector<Complex> to_complex(const std::vector<T>& x) {
  return {x.begin(), x.end()};
}

template <class T>
Weights<Complex> to_complex(const Weights<T>& weights) {
  Weights<Complex> result;
  for (const auto& [name, values] : weights) result[name] = to_complex(values);
  return result;
}

/// `count` different indices below `size`, ascending, one from each of `count` equal parts, so that every
/// region of a fused tensor is met; all of them if there are no more. A function of its arguments.
inline std::vector<std::size_t> sample_coordinates(std::size_t size, std::size_t count,
                                                   std::uint64_t seed = 0) {
  count = std::min(count, size);
  std::vector<std::size_t> indices(count);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t begin = k * size / count, end = (k + 1) * size / count;
    indices[k] = begin + hash(seed, k) % (end - begin);
  }
  return indices;
}

}  // namespace diecast::reference
