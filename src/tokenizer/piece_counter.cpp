#include <algorithm>
#include <diecast/core/token.hpp>
#include <diecast/tokenizer/char_class.hpp>
#include <diecast/tokenizer/piece_counter.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>
#include <limits>
#include <map>
#include <utility>

#include "core/utf8.hpp"
#include "tokenizer/piece_table.hpp"
#include "tokenizer/text_cut.hpp"
#include "tokenizer/words.hpp"

namespace diecast {
namespace {

// What a thread counts at once: small enough to share a text out evenly, large enough to make sharing cheap.
constexpr std::size_t kCountedChunk = 256 << 10;

bool is_ascii_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Of the first chunk of a text; chunks have the same pieces as the text.
std::size_t counted_chunk_size(std::string_view text) {
  if (text.size() <= kCountedChunk) return text.size();
  for (std::size_t at = kCountedChunk; at > kCountedChunk / 2; --at)
    if (may_cut_before(text, at)) return at;
  for (std::size_t at = kCountedChunk; at < text.size(); ++at)
    if (may_cut_before(text, at)) return at;
  return text.size();
}

void count_piece(PieceTable& table, std::string_view piece, const char* readable_end) {
  ++table[piece_key(piece, readable_end)];
}

void count_chunk(PieceTable& table, Cut cut, std::string_view text) {
  const char* end = text.data() + text.size();
  switch (cut) {
    case Cut::gpt2:
      for_each_piece(text, [&](std::string_view piece) { count_piece(table, piece, end); });
      break;
    case Cut::words:
      for_each_word(text, [&](std::string_view word) {
        count_piece(table, word, word.data() + word.size() + WordScanner::kReadableBehind);
      });
      break;
    case Cut::characters:
      while (!text.empty()) {
        const std::size_t size = std::max<std::size_t>(utf8_length(text), 1);
        count_piece(table, text.substr(0, size), end);
        text.remove_prefix(size);
      }
  }
}

}  // namespace

bool may_cut_before(std::string_view text, std::size_t at) {
  if (!is_ascii_white(text[at])) return false;
  std::size_t last = at - 1;  // where the character before it begins, if that is UTF-8
  while (last > 0 && at - last < 4 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
  return read_character(text.substr(last, at - last)).kind != CharClass::space;
}

// Each thread counts in a table of its own. Limits are looked at after amounts of text, where the tables
// together hold the same for any number of threads.
struct PieceCounter::Impl {
  Impl(Cut cut, ThreadPool& pool, std::uint64_t max_bytes)
      : cut(cut),
        pool(pool),
        weight(cut == Cut::gpt2 ? sizeof(Token) : 1),
        // Tables that are merged and pruned take up to four times what their pieces do.
        limit(max_bytes == 0 ? std::numeric_limits<std::uint64_t>::max()
                             : std::max<std::uint64_t>(max_bytes / 4, 1)),
        stretch(std::clamp<std::uint64_t>(limit / 16, 1 << 20, 64 << 20)),
        tables(pool.threads()) {}

  void add(std::span<const std::string_view> texts) {
    std::vector<std::string_view> chunks;
    for (std::string_view text : texts)
      while (!text.empty()) {
        const std::size_t size = counted_chunk_size(text);
        chunks.push_back(text.substr(0, size));
        text.remove_prefix(size);
        bytes += size;
        if (bytes < next_check) continue;
        count(chunks);
        chunks.clear();
        prune();
        next_check = bytes + stretch;
      }
    count(chunks);
  }

  void count(std::span<const std::string_view> chunks) {
    std::vector<std::span<const std::string_view>> tasks;  // a chunk of small texts each
    while (!chunks.empty()) {
      std::size_t number = 0, size = 0;
      while (number < chunks.size() && size < kCountedChunk) size += chunks[number++].size();
      tasks.push_back(chunks.first(number));
      chunks = chunks.subspan(number);
    }
    const auto run = [&](std::size_t task, std::size_t thread) {
      for (const std::string_view chunk : tasks[task]) count_chunk(tables[thread], cut, chunk);
    };
    if (tasks.size() == 1)
      run(0, 0);
    else
      pool.run(tasks.size(), run);
  }

  // Leaves all counts in `merged`.
  void merge() {
    for (PieceTable& table : tables) {
      if (table.size() == 0) continue;
      if (table.size() > merged.size()) std::swap(table, merged);
      merged.reserve(merged.size() + table.size());
      table.for_each([&](std::string_view piece, std::uint64_t count) {
        merged[piece_key(piece, piece.data() + piece.size())] += count;
      });
      table = {};
    }
  }

  std::uint64_t table_bytes() const {
    std::uint64_t sum = merged.bytes(weight);
    for (const PieceTable& table : tables) sum += table.bytes(weight);
    return sum;
  }

  // Of pieces beyond the limit, drops those with the lowest counts until the rest takes half of it.
  void prune() {
    if (table_bytes() <= limit) return;  // merged they are no larger
    merge();
    if (merged.bytes(weight) <= limit) return;
    std::map<std::uint64_t, std::uint64_t> bytes_by_count;
    merged.for_each([&](std::string_view piece, std::uint64_t count) {
      bytes_by_count[count] += PieceTable::bytes_of(piece, weight);
    });
    std::uint64_t dropped = 0;  // the largest count that is
    std::uint64_t rest = merged.bytes(weight);
    for (const auto& [count, size] : bytes_by_count) {
      if (rest <= limit / 2) break;
      dropped = count;
      rest -= size;
    }
    PieceTable kept;
    merged.for_each([&](std::string_view piece, std::uint64_t count) {
      if (count <= dropped)
        pruned += count;
      else
        kept[piece_key(piece, piece.data() + piece.size())] = count;
    });
    merged = std::move(kept);
  }

  Cut cut;
  ThreadPool& pool;
  std::uint64_t weight;   // of a long piece's byte: merges are learnt on tokens, one a byte
  std::uint64_t limit;    // of the merged table's bytes
  std::uint64_t stretch;  // of text between two looks at the limit
  std::uint64_t next_check = stretch;
  std::uint64_t bytes = 0, pruned = 0;
  std::vector<PieceTable> tables;  // one a thread
  PieceTable merged;
};

PieceCounter::PieceCounter(Cut cut, ThreadPool& pool, std::uint64_t max_bytes)
    : impl_(std::make_unique<Impl>(cut, pool, max_bytes)) {}

PieceCounter::~PieceCounter() = default;

void PieceCounter::add(std::span<const std::string_view> texts) { impl_->add(texts); }

std::vector<PieceCounter::Entry> PieceCounter::sorted() const {
  impl_->merge();
  std::vector<Entry> entries;
  entries.reserve(impl_->merged.size());
  impl_->merged.for_each([&](std::string_view piece, std::uint64_t count) {
    entries.push_back({piece, count});
  });
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return a.count != b.count ? a.count > b.count : a.piece < b.piece;
  });
  return entries;
}

std::uint64_t PieceCounter::bytes() const { return impl_->bytes; }

std::uint64_t PieceCounter::pruned() const { return impl_->pruned; }

}  // namespace diecast
