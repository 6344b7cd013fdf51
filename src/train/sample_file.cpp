#include <diecast/train/sample_file.hpp>

#include <nlohmann/json.hpp>

#include "core/json_text.hpp"
#include "train/step_lines.hpp"

namespace diecast {

SampleFile::SampleFile(const std::filesystem::path& path, std::uint64_t last_step) : path_(path) { rewind(last_step); }

void SampleFile::rewind(std::uint64_t last_step) {
  keep_lines_up_to(path_, last_step);
  file_.close();  // it may be a new one now
  file_.open(path_, std::ios::binary | std::ios::app);
}

void SampleFile::start_step(std::uint64_t step) { rewind(step > 0 ? step - 1 : 0); }

void SampleFile::write(std::uint64_t step, std::string_view prompt, std::string_view text) {
  const nlohmann::ordered_json line{{"step", step}, {"prompt", prompt}, {"text", text}};
  file_ << json_text(line) << '\n' << std::flush;
  file_.clear();
}

}  // namespace diecast
