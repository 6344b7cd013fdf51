#include <diecast/train/sample_file.hpp>

#include <nlohmann/json.hpp>

#include "core/json_text.hpp"
#include "train/step_lines.hpp"

namespace diecast {

SampleFile::SampleFile(const std::filesystem::path& path, std::uint64_t last_step) : file_(path) { rewind(last_step); }

void SampleFile::rewind(std::uint64_t last_step) {
  keep_lines_up_to(file_.path(), last_step);
  file_.reopen();  // it may be a new one now
}

void SampleFile::start_step(std::uint64_t step) { rewind(step > 0 ? step - 1 : 0); }

void SampleFile::write(std::uint64_t step, std::string_view prompt, std::string_view text) {
  const nlohmann::ordered_json line{{"step", step}, {"prompt", prompt}, {"text", text}};
  file_.append(json_text(line) + '\n');
}

}  // namespace diecast
