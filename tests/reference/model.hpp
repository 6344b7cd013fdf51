#pragma once

#include <cstddef>
#include <diecast/core/token.hpp>
#include <diecast/preset/preset.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tests/reference/attention.hpp"
#include "tests/reference/layers.hpp"

namespace diecast::reference {

/// Parameters by name, row-major, without vocabulary padding.
template <class S>
using Weights = std::map<std::string, std::vector<S>>;

struct ParameterShape {
  std::string name;
  std::vector<std::size_t> shape;

  std::size_t size() const {
    std::size_t n = 1;
    for (std::size_t e : shape) n *= e;
    return n;
  }
};

/// All parameters of a preset, in the order of Diecast's parameter table.
inline std::vector<ParameterShape> parameter_shapes(const Preset& p) {
  std::vector<ParameterShape> list;
  const auto matrix = [&](const std::string& name, std::size_t out, std::size_t in) {
    list.push_back({name + ".weight", {out, in}});
    if (p.bias) list.push_back({name + ".bias", {out}});
  };
  const auto norm = [&](const std::string& name) {
    list.push_back({name + ".weight", {p.d_model}});
    if (p.bias && p.norm == Norm::layer_norm) list.push_back({name + ".bias", {p.d_model}});
  };
  list.push_back({"embedding.tokens", {p.vocab_size, p.d_model}});
  if (p.position == Position::learned) list.push_back({"embedding.positions", {p.seq_len, p.d_model}});
  for (std::size_t i = 0; i < p.n_layers; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    norm(block + "attention.norm");
    matrix(block + "attention.qkv", p.qkv_width(), p.d_model);
    matrix(block + "attention.output", p.d_model, p.d_model);
    norm(block + "mlp.norm");
    if (p.mlp == MlpKind::gelu) matrix(block + "mlp.up", p.d_ff, p.d_model);
    if (p.mlp == MlpKind::swiglu) matrix(block + "mlp.gate_up", 2 * p.d_ff, p.d_model);
    matrix(block + "mlp.down", p.d_model, p.d_ff);
  }
  norm("final_norm");
  if (!p.tied_head) list.push_back({"head.weight", {p.vocab_size, p.d_model}});
  return list;
}

/// Throws std::invalid_argument unless the weights are exactly those of the preset.
template <class S>
void check_weights(const Preset& p, const Weights<S>& weights) {
  const std::vector<ParameterShape> expected = parameter_shapes(p);
  require(weights.size() == expected.size(), "the weights hold " + std::to_string(weights.size()) +
                                                 " tensors, the preset has " +
                                                 std::to_string(expected.size()));
  for (const ParameterShape& parameter : expected) {
    const auto found = weights.find(parameter.name);
    require(found != weights.end(), "the weights lack " + parameter.name);
    require(found->second.size() == parameter.size(), parameter.name + " has the wrong size");
  }
}

/// The tensor of that name; empty where the preset has none (a bias).
template <class S>
std::vector<S> weight_or_empty(const Weights<S>& weights, const std::string& name) {
  const auto found = weights.find(name);
  return found == weights.end() ? std::vector<S>() : found->second;
}

template <class S>
std::vector<S> linear(const Weights<S>& weights, const std::string& name, const std::vector<S>& x,
                      std::size_t in) {
  return linear(x, weights.at(name + ".weight"), weight_or_empty(weights, name + ".bias"), in);
}

template <class S>
std::vector<S> norm(const Preset& p, const Weights<S>& weights, const std::string& name,
                    const std::vector<S>& x) {
  if (p.norm == Norm::rms_norm) return rms_norm(x, weights.at(name + ".weight"), p.norm_eps);
  return layer_norm(x, weights.at(name + ".weight"), weight_or_empty(weights, name + ".bias"), p.norm_eps);
}

/// What the attention half of a block adds to x (B T, C); `name` is `blocks.i.attention`.
template <class S>
std::vector<S> attention_branch(const Preset& p, const Weights<S>& weights, const std::string& name,
                                const std::vector<S>& x) {
  const AttentionSizes sizes{p.n_heads, p.kv_heads(), p.head_dim(), p.seq_len};
  std::vector<S> qkv = linear(weights, name + ".qkv", norm(p, weights, name + ".norm", x), p.d_model);
  if (p.position == Position::rope) qkv = rope(qkv, sizes, p.rope_theta);
  return linear(weights, name + ".output", causal_attention(qkv, sizes), p.d_model);
}

/// What the MLP half of a block adds to x (B T, C); `name` is `blocks.i.mlp`.
template <class S>
std::vector<S> mlp_branch(const Preset& p, const Weights<S>& weights, const std::string& name,
                          const std::vector<S>& x) {
  const std::vector<S> normed = norm(p, weights, name + ".norm", x);
  const std::vector<S> hidden = p.mlp == MlpKind::gelu
                                    ? gelu_tanh(linear(weights, name + ".up", normed, p.d_model))
                                    : swiglu(linear(weights, name + ".gate_up", normed, p.d_model), p.d_ff);
  return linear(weights, name + ".down", hidden, p.d_ff);
}

/// Logits (B T, V) of inputs (B, T), without dropout; any whole number B of sequences.
/// GPT-2's pre-norm form (Radford et al. 2019).
template <class S>
std::vector<S> reference_logits(const Preset& p, const Weights<S>& weights, std::span<const Token> inputs) {
  check_weights(p, weights);
  require(inputs.size() % p.seq_len == 0,
          "reference_logits: inputs must be whole sequences of seq_len tokens");
  std::vector<S> x = embedding(inputs, weights.at("embedding.tokens"), p.d_model);
  if (p.position == Position::learned) x = add_positions(x, weights.at("embedding.positions"));
  for (std::size_t i = 0; i < p.n_layers; ++i) {
    const std::string block = "blocks." + std::to_string(i);
    x = add(x, attention_branch(p, weights, block + ".attention", x));
    x = add(x, mlp_branch(p, weights, block + ".mlp", x));
  }
  x = norm(p, weights, "final_norm", x);
  return linear(x, weights.at(p.tied_head ? "embedding.tokens" : "head.weight"), {}, p.d_model);
}

/// The negative log-likelihood in nats, summed over the targets that are not kIgnoredToken, with the terms that
/// cross_entropy can add. Not the mean.
template <class S>
S reference_loss(const Preset& p, const Weights<S>& weights, std::span<const Token> inputs,
                 std::span<const Token> targets, double smoothing = 0, double z_loss = 0) {
  return cross_entropy(reference_logits(p, weights, inputs), targets, p.vocab_size, smoothing, z_loss);
}

}  // namespace diecast::reference
