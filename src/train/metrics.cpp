#include <diecast/train/metrics.hpp>

#include <string>

#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

// The lines of steps up to `last_step`; a line cut off by a crash is none.
std::string lines_up_to(const std::filesystem::path& path, std::uint64_t last_step) {
  std::ifstream file(path);
  std::string kept;
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || json.value("step", last_step + 1) > last_step) continue;
    kept += line + '\n';
  }
  return kept;
}

}  // namespace

MetricsFile::MetricsFile(const std::filesystem::path& path, std::uint64_t last_step) : path_(path) {
  const std::string kept = lines_up_to(path, last_step);
  file_.open(path, std::ios::binary | std::ios::trunc);
  file_ << kept << std::flush;
  if (!file_)
    throw Error(Fault::run, "cannot write", path_.string(), "check its permissions and the free space");
}

void MetricsFile::write(const Metrics& m) {
  nlohmann::ordered_json line;
  line["step"] = m.step;
  line["tokens"] = m.tokens;
  line["epoch"] = m.epoch;
  line["loss"] = m.loss;
  line["lr"] = m.lr;
  line["grad_norm"] = m.grad_norm;
  line["tok_per_s"] = m.tok_per_s;
  line["mfu"] = m.mfu ? nlohmann::ordered_json(*m.mfu) : nlohmann::ordered_json();
  line["step_ms"] = m.step_ms;
  line["wall_s"] = m.wall_s;
  if (m.evaluation) {
    line["val_loss"] = m.evaluation->loss;
    line["val_ppl"] = m.evaluation->perplexity;
    line["bits_per_byte"] = m.evaluation->bits_per_byte;
  }
  file_ << line.dump() << '\n' << std::flush;
  if (!file_)
    throw Error(Fault::run, "cannot write", path_.string(),
                "check the free space; --resume continues the run");
}

}  // namespace diecast
