#pragma once

#include <cstddef>
#include <cstdint>
#include <diecast/core/token.hpp>
#include <diecast/preset/preset.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/reference/splitmix.hpp"

/// The C++ side of `tiny.py`: the same starting parameters and batches from one integer formula, so that
/// neither needs the other's files, and the numbers PyTorch got from them.
///
/// u(s, i) = (splitmix64(s * 2^32 + i) >> 40) / 2^23 - 1, in [-1, 1).
/// Element i of tensor s of the parameter table is 0.05f u(s, i), plus 1 in the weight of a norm; the sum is
/// exact in double and rounded to float once.
/// Batch `step` holds, for sequence b, the T + 1 tokens lo hi / V with r = splitmix64((65536 + step) * 2^32 +
/// b (T + 1) + t), lo = (r mod 2^32) mod V, hi = (r >> 32) mod V: low ids are frequent, so that there is
/// something to learn. Inputs are the first T of them, targets the last T.
namespace diecast::golden {

/// A second golden model, in Llama's form. Its numbers are in `tiny_llama.json`.
struct tiny_llama {
  static constexpr Preset value{
      .name = "tiny_llama",
      .n_layers = 2,
      .d_model = 64,
      .n_heads = 4,
      .n_kv_heads = 2,
      .d_ff = 96,
      .vocab_size = 300,
      .seq_len = 16,
      .batch_size = 4,
      .precision = Element::f32,
      .norm = Norm::rms_norm,
      .position = Position::rope,
      .mlp = MlpKind::swiglu,
      .tied_head = false,
      .bias = false,
  };
};

/// Fills a parameter tensor (without padding) with its starting values. `tensor_index` is its row in the
/// parameter table, `name` its name there.
inline void fill_golden(std::size_t tensor_index, std::span<float> values, std::string_view name) {
  const double offset = name.ends_with("norm.weight") ? 1.0 : 0.0;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(offset + static_cast<double>(0.05f) * reference::uniform(tensor_index, i));
}

/// Fills inputs and targets (B, T) with the batch of a step, for any B.
inline void golden_batch(const Preset& p, std::size_t step, std::span<Token> inputs,
                         std::span<Token> targets) {
  const auto token = [&](std::size_t index) {
    const std::uint64_t r = reference::hash(65536 + step, index);
    const std::uint64_t lo = (r & 0xFFFFFFFFu) % p.vocab_size, hi = (r >> 32) % p.vocab_size;
    return static_cast<Token>(lo * hi / p.vocab_size);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t first = i / p.seq_len * (p.seq_len + 1) + i % p.seq_len;
    inputs[i] = token(first);
    targets[i] = token(first + 1);
  }
}

/// Throws unless the golden numbers were made for a model of this preset's form.
inline void check_golden_preset(const Preset& p, const nlohmann::json& recorded) {
  const nlohmann::json expected{
      {"name", p.name},
      {"n_layers", p.n_layers},
      {"d_model", p.d_model},
      {"n_heads", p.n_heads},
      {"n_kv_heads", p.kv_heads()},
      {"d_ff", p.d_ff},
      {"vocab_size", p.vocab_size},
      {"seq_len", p.seq_len},
      {"batch_size", p.batch_size},
      {"norm", p.norm == Norm::rms_norm ? "rms_norm" : "layer_norm"},
      {"position", p.position == Position::rope ? "rope" : "learned"},
      {"mlp", p.mlp == MlpKind::swiglu ? "swiglu" : "gelu"},
      {"tied_head", p.tied_head},
      {"bias", p.bias},
      {"norm_eps", p.norm_eps},
      {"rope_theta", p.rope_theta},
  };
  for (const auto& [key, value] : expected.items())
    if (recorded.value(key, nlohmann::json()) != value)
      throw std::runtime_error("golden: preset " + std::string(p.name) + " has " + key + " = " +
                               value.dump() + ", the file was made with " +
                               recorded.value(key, nlohmann::json()).dump() + "; run tests/golden/tiny.py");
}

/// `tests/golden/NAME.json` of the preset, found beside this header or below the working directory. Throws
/// when it is missing or was made for other sizes. `tiny.py` says what is in it.
inline nlohmann::json golden_numbers(const Preset& p) {
  const std::string file = std::string(p.name) + ".json";
  for (const auto& folder :
       {std::filesystem::path(__FILE__).parent_path(), std::filesystem::path("tests/golden")})
    if (std::ifstream in(folder / file); in) {
      nlohmann::json numbers = nlohmann::json::parse(in);
      check_golden_preset(p, numbers.at("preset"));
      return numbers;
    }
  throw std::runtime_error("golden: no tests/golden/" + file +
                           "; run the test from the source or build folder");
}

}  // namespace diecast::golden
