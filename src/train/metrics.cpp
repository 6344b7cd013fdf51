#include <diecast/train/metrics.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/json_text.hpp"
#include "train/step_lines.hpp"

namespace diecast {
namespace {

using Line = nlohmann::ordered_json;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::filesystem::path& without_later_lines(const std::filesystem::path& path, std::uint64_t last_step) {
  keep_lines_up_to(path, last_step);
  return path;
}

void add_evaluation(Line& line, const Evaluation& evaluation) {
  line["val_loss"] = evaluation.loss;
  line["val_ppl"] = evaluation.perplexity;
  line["bits_per_byte"] = evaluation.bits_per_byte;
}

}  // namespace

MetricsFile::MetricsFile(const std::filesystem::path& path, std::uint64_t last_step)
    : file_(without_later_lines(path, last_step)) {}

void MetricsFile::complete(const Metrics& m) {
  const std::string content = content_of(file_.path());
  const std::size_t before = content.size() < 2 ? std::string::npos : content.rfind('\n', content.size() - 2);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  Line line = parse_json(content.substr(begin));
  if (!m.evaluation || step_of_line(line) != m.step) return write(m);
  add_evaluation(line, *m.evaluation);
  replace_file(file_.path(), content.substr(0, begin) + json_text(line) + '\n');
  file_.reopen();
}

void MetricsFile::rewind(std::uint64_t last_step) {
  keep_lines_up_to(file_.path(), last_step);
  file_.reopen();
}

void MetricsFile::write(const Metrics& m) { file_.append(json_text(to_json(m)) + '\n'); }

nlohmann::ordered_json to_json(const Metrics& m) {
  Line line;
  line["step"] = m.step;
  line["tokens"] = m.tokens;
  line["epoch"] = m.epoch;
  line["loss"] = m.loss;
  line["lr"] = m.lr;
  line["grad_norm"] = m.grad_norm;
  line["tok_per_s"] = m.tok_per_s;
  line["mfu"] = m.mfu ? Line(*m.mfu) : Line();
  line["step_ms"] = m.step_ms;
  line["wall_s"] = m.wall_s;
  line["data_wait"] = m.data_wait;
  if (m.padding) line["padding"] = *m.padding;
  if (m.loss_scale) {
    line["loss_scale"] = m.loss_scale->value;
    line["skipped_steps"] = m.loss_scale->skipped_steps;
  }
  if (m.spikes) line["spikes"] = *m.spikes;
  if (m.evaluation) add_evaluation(line, *m.evaluation);
  return line;
}

}  // namespace diecast
