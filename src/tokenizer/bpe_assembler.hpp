#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <diecast/tokenizer/bpe.hpp>

#include "tokenizer/entry_table.hpp"

namespace diecast {

/// Makes a byte-level BPE tokenizer of entries and merges that are spelled in GPT-2's byte alphabet. Special entries
/// come first: they are spelled as they are. `where` is as for EntryTable.
class BpeAssembler {
 public:
  EntryTable& entries() { return entries_; }

  void add_entry(const std::string& spelling, const nlohmann::json& id, const std::string& where);
  /// Both, and their product, must be entries.
  void add_merge(const std::string& left, const std::string& right, const std::string& where);
  BpeTokenizer assemble(const std::string& where_entries, const std::string& where_special) const;

 private:
  Token find(const std::string& spelling, const std::string& where) const;

  EntryTable entries_;
  std::vector<Merge> merges_;
};

}  // namespace diecast
