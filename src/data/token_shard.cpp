#include "data/token_shard.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kIdsBegin = 4096;  // a page: the ids of a mapped shard are aligned
constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kBlocksAtOnce = 64;  // that verifying holds in memory
constexpr std::uint32_t kShardVersion = 1;
constexpr char kShardMagic[8] = {'d', 'i', 'e', 'c', 'a', 's', 't', 'T'};
constexpr std::uint64_t kNumbersOfDocument = 3;

struct ShardHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t width;  // bytes of an id
  std::uint64_t tokens;
  std::uint64_t documents;
  std::uint64_t names_bytes;
  std::uint64_t text_bytes;
  std::uint64_t vocab_size;
  std::uint32_t end_of_text;
  std::uint32_t block_bytes;
  std::uint64_t tokenizer_hash;
  char tokenizer_kind[16];
  std::uint64_t sources_hash;
  std::uint64_t index_hash;   // XXH3-64 of all that follows the ids
  std::uint64_t header_hash;  // XXH3-64 of all before
};
static_assert(sizeof(ShardHeader) == 112 && std::is_trivially_copyable_v<ShardHeader>,
              "ShardHeader: the file's layout has no gaps");

constexpr std::uint64_t round_up_to_8(std::uint64_t bytes) { return (bytes + 7) / 8 * 8; }

std::uint64_t hash_of(const ShardHeader& header) {
  return XXH3_64bits(&header, offsetof(ShardHeader, header_hash));
}

std::uint64_t blocks_of(std::uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes; }

template <class T>
T value_at(std::span<const std::byte> bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

[[noreturn]] void damaged_shard(const std::string& what, const fs::path& path) {
  throw Error(Fault::run, "the token shard is damaged: " + what, path.string(), "delete it and prepare the data again");
}

// llm.c's files all begin with 256 int32, of which the first tells them apart.
constexpr std::uint64_t kLlmcHeader = 1024;
constexpr std::uint32_t kLlmcGpt2 = 20240520, kLlmcLlama = 20240801;
constexpr std::uint32_t kLlmcModel = 20240326, kLlmcEval = 20240522, kLlmcState = 20240527;

bool has_llmc_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.find("_train_") != std::string::npos || name.find("_val_") != std::string::npos;
}

template <class Stored>
void widen(const std::byte* from, std::span<Token> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored id;
    std::memcpy(&id, from + i * sizeof id, sizeof id);
    out[i] = id;
  }
}

template <class Stored>
Token largest_id(std::span<const std::byte> bytes) {
  Stored largest = 0;
  for (std::size_t i = 0; i + sizeof largest <= bytes.size(); i += sizeof largest)
    largest = std::max(largest, value_at<Stored>(bytes, i));
  return largest;
}

}  // namespace

// ---- writing

ShardWriter::ShardWriter(fs::path path, ShardIdentity identity)
    : path_(std::move(path)), identity_(std::move(identity)), file_(path_), width_(token_width(identity_.vocab_size)) {
  block_.reserve(kBlockBytes);
  const std::vector<std::byte> no_header(kIdsBegin);
  file_.write(no_header);
}

void ShardWriter::add(std::span<const Token> tokens, std::string_view name, std::uint64_t id,
                      std::uint64_t text_bytes) {
  const std::uint64_t first = tokens_;
  append(tokens);
  names_ += name;
  documents_.insert(documents_.end(), {first, id, names_.size()});
  text_bytes_ += text_bytes;
}

void ShardWriter::extend(Token token) { append({&token, 1}); }

void ShardWriter::append(std::span<const Token> tokens) {
  for (const Token token : tokens) {
    if (token >= identity_.vocab_size)
      throw Error(Fault::usage, fmt::format("token {} does not fit a vocabulary of {}", token, identity_.vocab_size),
                  path_.string(), "use the tokenizer of this vocabulary");
    const std::size_t at = block_.size();
    block_.resize(at + width_);
    std::memcpy(block_.data() + at, &token, width_);  // little-endian: the low bytes come first
    if (block_.size() == kBlockBytes) end_block();
  }
  tokens_ += tokens.size();
}

void ShardWriter::end_block() {
  if (block_.empty()) return;
  checksums_.push_back(XXH3_64bits(block_.data(), block_.size()));
  file_.write(block_);
  block_.clear();
}

void ShardWriter::close() {
  end_block();
  const std::uint64_t bytes = tokens_ * width_;
  const std::vector<std::byte> gap(round_up_to_8(bytes) - bytes);
  file_.write(gap);
  std::vector<std::byte> index;
  for (const auto part : {std::as_bytes(std::span(checksums_)), std::as_bytes(std::span(documents_)),
                          std::as_bytes(std::span(names_))})
    index.insert(index.end(), part.begin(), part.end());
  file_.write(index);
  ShardHeader header{};
  std::ranges::copy(kShardMagic, header.magic);
  header.version = kShardVersion;
  header.width = width_;
  header.tokens = tokens_;
  header.documents = documents_.size() / kNumbersOfDocument;
  header.names_bytes = names_.size();
  header.text_bytes = text_bytes_;
  header.vocab_size = identity_.vocab_size;
  header.end_of_text = identity_.end_of_text;
  header.block_bytes = kBlockBytes;
  header.tokenizer_hash = identity_.tokenizer_hash;
  identity_.tokenizer_kind.copy(header.tokenizer_kind, sizeof header.tokenizer_kind - 1);
  header.sources_hash = identity_.sources_hash;
  header.index_hash = XXH3_64bits(index.data(), index.size());
  header.header_hash = hash_of(header);
  file_.rewrite(0, std::as_bytes(std::span(&header, 1)));
  file_.close();
}

// ---- reading

TokenShard::TokenShard(const fs::path& path) : file_(path) {
  const std::span<const std::byte> bytes = file_.bytes();
  const bool is_ours = bytes.size() >= sizeof kShardMagic &&
                       std::memcmp(bytes.data(), kShardMagic, sizeof kShardMagic) == 0;
  const auto magic = bytes.size() >= kLlmcHeader ? value_at<std::uint32_t>(bytes, 0) : 0;
  const bool is_other = magic == kLlmcModel || magic == kLlmcEval || magic == kLlmcState;
  if (is_other)
    throw Error(Fault::usage,
                fmt::format("this is {} of llm.c, not a shard of tokens",
                            magic == kLlmcModel ? "a model" : magic == kLlmcEval ? "an evaluation set" : "a state"),
                path.string(), "give files that begin with 20240520 or 20240801");
  const bool is_llmc = magic == kLlmcGpt2 || magic == kLlmcLlama;
  if (!is_ours && !is_llmc && path.extension() != ".bin")
    throw Error(Fault::usage, "this is no token shard: it has no magic number", path.string(),
                "give a shard of `data prepare`, or a .bin file of nanoGPT or llm.c");
  is_ours ? open_diecast() : is_llmc ? open_llmc() : open_nanogpt();
}

void TokenShard::open_diecast() {
  const std::span<const std::byte> bytes = file_.bytes();
  if (bytes.size() < kIdsBegin) damaged_shard("it is cut short", path());
  const auto header = value_at<ShardHeader>(bytes, 0);
  if (hash_of(header) != header.header_hash) damaged_shard("its header has changed", path());
  const auto refuse = [&](const std::string& what) {
    throw Error(Fault::usage, "the token shard " + what, path().string(), "prepare the data again with this binary");
  };
  if (header.version != kShardVersion) refuse(fmt::format("is of version {}, not {}", header.version, kShardVersion));
  if (header.block_bytes != kBlockBytes || (header.width != 2 && header.width != 4))
    refuse(fmt::format("has blocks of {} bytes and ids of {}", header.block_bytes, header.width));
  // Numbers that are too large for the file would wrap around in the sum.
  for (const std::uint64_t count : {header.tokens, header.documents, header.names_bytes})
    if (count > bytes.size()) damaged_shard("its header asks for more than it has", path());
  const std::uint64_t id_bytes = header.tokens * header.width;
  const std::uint64_t index = kIdsBegin + round_up_to_8(id_bytes);
  table_ = index + 8 * blocks_of(id_bytes);
  names_ = table_ + 8 * kNumbersOfDocument * header.documents;
  const std::uint64_t expected = names_ + header.names_bytes;
  if (bytes.size() != expected)
    damaged_shard(fmt::format("it has {} bytes instead of {}", bytes.size(), expected), path());
  if (XXH3_64bits(bytes.data() + index, expected - index) != header.index_hash)
    damaged_shard("its index has changed", path());
  begin_ = kIdsBegin;
  tokens_ = header.tokens;
  width_ = header.width;
  documents_ = header.documents;
  text_bytes_ = header.text_bytes;
  identity_ = {.tokenizer_kind = std::string(header.tokenizer_kind,
                                             strnlen(header.tokenizer_kind, sizeof header.tokenizer_kind)),
               .tokenizer_hash = header.tokenizer_hash,
               .vocab_size = header.vocab_size,
               .end_of_text = header.end_of_text,
               .sources_hash = header.sources_hash};
  checksums_.resize(blocks_of(id_bytes));
  if (!checksums_.empty()) std::memcpy(checksums_.data(), bytes.data() + index, 8 * checksums_.size());
  // The hash speaks for the writer; whoever forges one must not get further than this.
  std::uint64_t first = 0, name_end = 0;
  for (std::uint64_t i = 0; i < documents_; ++i) {
    const std::uint64_t next = index_number(i * kNumbersOfDocument), next_name = index_number(i * kNumbersOfDocument + 2);
    if (next < first || next > tokens_ || next_name < name_end || next_name > header.names_bytes || (i == 0 && next != 0))
      damaged_shard("its document table is out of order", path());
    first = next;
    name_end = next_name;
  }
}

void TokenShard::open_llmc() {
  const std::span<const std::byte> bytes = file_.bytes();
  format_ = Format::llmc;
  const bool gpt2 = value_at<std::uint32_t>(bytes, 0) == kLlmcGpt2;
  const auto version = value_at<std::uint32_t>(bytes, 4);
  const std::uint32_t known = gpt2 ? 1 : 7;
  if (version != known)
    throw Error(Fault::usage, fmt::format("the llm.c shard is of version {}, not {}", version, known), path().string(),
                "write it again with llm.c's own scripts");
  begin_ = kLlmcHeader;
  width_ = gpt2 ? 2 : 4;
  tokens_ = value_at<std::uint32_t>(bytes, 8);
  const std::uint64_t expected = kLlmcHeader + tokens_ * width_;
  if (bytes.size() != expected)
    throw Error(Fault::usage,
                fmt::format("the llm.c shard has {} bytes, but its {} tokens take {}", bytes.size(), tokens_, expected),
                path().string(), "it was cut short or not written to its end: get it again");
}

void TokenShard::open_nanogpt() {
  format_ = Format::nanogpt;
  if (has_llmc_name(path()))
    throw Error(Fault::usage, "this is no shard of llm.c, as its name says: it does not begin with 20240520 or 20240801",
                path().string(), "get it again, or rename it if it is nanoGPT's");
  const std::uint64_t size = file_.bytes().size();
  if (size % 2 != 0)
    throw Error(Fault::usage, fmt::format("these are no uint16 ids: {} bytes are an odd number", size), path().string(),
                "give a .bin file of nanoGPT or llm.c");
  width_ = 2;
  tokens_ = size / 2;
}

std::span<const std::byte> TokenShard::ids() const { return file_.bytes().subspan(begin_, tokens_ * width_); }

std::uint64_t TokenShard::index_number(std::uint64_t at) const {
  return value_at<std::uint64_t>(file_.bytes(), table_ + 8 * at);
}

void TokenShard::verify(ThreadPool& pool, std::uint64_t vocab_size) {
  const std::span<const std::byte> bytes = ids();
  const std::uint64_t blocks = blocks_of(bytes.size());
  std::vector<std::uint64_t> found(blocks);
  std::vector<Token> largest(blocks);
  for (std::uint64_t first = 0; first < blocks; first += kBlocksAtOnce) {
    pool.run(std::min(kBlocksAtOnce, blocks - first), [&](std::size_t at, std::size_t) {
      const std::uint64_t i = first + at;
      const auto block = bytes.subspan(i * kBlockBytes, std::min(kBlockBytes, bytes.size() - i * kBlockBytes));
      found[i] = XXH3_64bits(block.data(), block.size());
      largest[i] = width_ == 2 ? largest_id<std::uint16_t>(block) : largest_id<std::uint32_t>(block);
    });
    release();
  }
  if (format_ == Format::diecast) {
    const auto changed = std::ranges::mismatch(found, checksums_).in1;
    if (changed != found.end())
      damaged_shard(fmt::format("block {} of {} has changed", changed - found.begin() + 1, blocks), path());
  }
  checksums_ = std::move(found);
  for (const Token id : largest)
    if (id >= vocab_size)
      throw Error(Fault::usage, fmt::format("token {} does not fit a vocabulary of {}", id, vocab_size), path().string(),
                  "use the binary of a preset with the vocabulary of these tokens");
}

std::uint64_t TokenShard::hash() const {
  return XXH3_64bits_withSeed(checksums_.data(), checksums_.size() * sizeof checksums_[0], tokens_);
}

ShardDocument TokenShard::document(std::uint64_t index) const {
  const std::uint64_t at = index * kNumbersOfDocument;
  const std::uint64_t name = index == 0 ? 0 : index_number(at - 1);
  return {.first = index_number(at),
          .end = index + 1 < documents_ ? index_number(at + kNumbersOfDocument) : tokens_,
          .id = index_number(at + 1),
          .name = {reinterpret_cast<const char*>(file_.bytes().data() + names_ + name), index_number(at + 2) - name}};
}

std::uint64_t TokenShard::document_of(std::uint64_t token) const {
  std::uint64_t low = 0, high = documents_;  // the document begins in [low, high)
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (index_number(middle * kNumbersOfDocument) <= token ? low : high) = middle;
  }
  return low;
}

void TokenShard::copy(std::uint64_t first, std::span<Token> out) const {
  const std::byte* from = file_.bytes().data() + begin_ + first * width_;
  width_ == 2 ? widen<std::uint16_t>(from, out) : widen<std::uint32_t>(from, out);
}

}  // namespace diecast
