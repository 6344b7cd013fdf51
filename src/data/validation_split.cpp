#include <diecast/data/validation_split.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

#include <range/v3/algorithm/sort.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>

#include <diecast/core/random.hpp>

namespace diecast {
namespace {

// Keeps the split apart from other random choices made with the same seed.
constexpr std::uint64_t kSplitStream = 0x73706C6974;  // "split"

constexpr std::uint64_t kChunkBytes = std::uint64_t{32} << 20;
constexpr std::size_t kChunkDocuments = std::size_t{1} << 17;  // a short one takes more memory than its text

class TrainingDocuments : public DocumentStream {
 public:
  TrainingDocuments(std::unique_ptr<DocumentStream> all, double fraction, std::uint64_t seed)
      : all_(std::move(all)), chunks_(*all_, fraction, seed) {}

  bool next(Document& document) override {
    for (;;) {
      for (; at_ < chunk_.documents.size(); ++at_) {
        const std::size_t kept = chunk_.split.text_to_train(at_, chunk_.documents[at_].text).size();
        if (kept == 0) continue;
        document = std::move(chunk_.documents[at_++]);
        document.text.resize(kept);
        return true;
      }
      at_ = 0;
      if (!chunks_.next(chunk_)) return false;
    }
  }

  StreamProgress progress() const override { return all_->progress(); }

 private:
  std::unique_ptr<DocumentStream> all_;
  DocumentChunks chunks_;
  DocumentChunk chunk_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view ValidationSplit::text_to_train(std::size_t i, std::string_view text) const {
  if (whole[i]) return {};
  if (!is_cut(i)) return text;
  return text.substr(0, static_cast<std::size_t>((1 - tail) * static_cast<double>(text.size())));
}

std::size_t ValidationSplit::tokens_to_train(std::size_t i, std::size_t tokens) const {
  if (whole[i]) return 0;
  if (!is_cut(i)) return tokens;
  const bool alone = std::find(whole.begin(), whole.end(), true) == whole.end();
  const std::size_t least = alone ? std::min(std::size_t{2}, tokens / 2) : 0;
  return tokens - std::max(least, static_cast<std::size_t>(std::floor(tail * static_cast<double>(tokens))));
}

ValidationSplit choose_validation(std::span<const std::uint64_t> sizes, double fraction, std::uint64_t seed,
                                  std::uint64_t first) {
  ValidationSplit split{.whole = std::vector<bool>(sizes.size(), false)};
  const std::uint64_t total = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  if (total < 2 || fraction <= 0) return split;
  const auto bytes = static_cast<std::uint64_t>(std::llround(fraction * static_cast<double>(total)));
  const std::uint64_t share = std::clamp(bytes, std::uint64_t{1}, total - 1);
  const std::uint64_t most = std::min(2 * share, (share + total) / 2);
  auto order = ranges::views::iota(std::size_t{0}, sizes.size()) | ranges::to<std::vector>();
  const Random random{seed, kSplitStream};
  ranges::sort(order, std::less{}, [&](std::size_t i) { return random.bits(first + i); });
  std::uint64_t kept = 0;
  std::optional<std::size_t> too_large;
  for (std::size_t next = 0; next < order.size() && kept < share; ++next) {
    const std::size_t i = order[next];
    if (kept + sizes[i] <= most) {
      split.whole[i] = true;
      kept += sizes[i];
    } else if (!too_large) {
      too_large = i;
    }
  }
  if (kept >= share) return split;
  split.cut = too_large.value();  // there is one: all documents together are more than `most`
  split.tail = static_cast<double>(share - kept) / static_cast<double>(sizes[split.cut]);
  return split;
}

bool DocumentChunks::next(DocumentChunk& chunk) {
  chunk.documents.clear();
  std::vector<std::uint64_t> sizes;
  std::uint64_t bytes = 0;
  for (Document document; bytes < kChunkBytes && sizes.size() < kChunkDocuments && stream_.next(document);) {
    bytes += document.text.size();
    sizes.push_back(document.text.size());
    chunk.documents.push_back(std::move(document));
  }
  chunk.split = choose_validation(sizes, fraction_, seed_, documents_);
  documents_ += sizes.size();
  return !sizes.empty();
}

std::unique_ptr<DocumentStream> training_documents(std::unique_ptr<DocumentStream> all, double validation_fraction,
                                                   std::uint64_t seed) {
  return std::make_unique<TrainingDocuments>(std::move(all), validation_fraction, seed);
}

}  // namespace diecast
