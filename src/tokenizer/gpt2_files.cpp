#include <diecast/tokenizer/gpt2_files.hpp>

#include <fstream>
#include <string>

#include <diecast/core/error.hpp>

#include "tokenizer/bpe_assembler.hpp"
#include "tokenizer/tokenizer_file.hpp"

namespace diecast {
namespace {

void add_merge_lines(const std::filesystem::path& path, BpeAssembler& assembler) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::size_t number = 0;
  while (std::getline(file, line)) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    const std::string where = path.string() + ":" + std::to_string(number);
    const std::size_t space = line.find(' ');
    if (space == line.npos || space == 0 || space + 1 == line.size() || line.find(' ', space + 1) != line.npos)
      throw Error(Fault::usage, "a line must be two tokens with a space between them", where,
                  "use the merges.txt or vocab.bpe of a GPT-2 tokenizer");
    assembler.add_merge(line.substr(0, space), line.substr(space + 1), where);
  }
  if (file.bad() || number == 0)
    throw Error(Fault::usage, "cannot read the merges", path.string(), "check that the file exists and holds them");
}

}  // namespace

BpeTokenizer load_gpt2_files(const std::filesystem::path& vocabulary, const std::filesystem::path& merges) {
  const TokenizerFile file(vocabulary);
  const nlohmann::json& entries = file.object("");
  BpeAssembler assembler;
  const std::string end(kEndOfText);
  if (entries.contains(end)) assembler.entries().add(end, end, entries.at(end), file.where("/" + quoted(end)));
  for (const auto& [spelling, id] : entries.items())
    assembler.add_entry(spelling, id, file.where("/" + quoted(spelling)));
  add_merge_lines(merges, assembler);
  return assembler.assemble(file.where(""), file.where(""));
}

}  // namespace diecast
