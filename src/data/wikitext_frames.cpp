#include "data/wikitext_frames.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "data/wikitext_marks.hpp"
#include "data/wikitext_names.hpp"

namespace diecast {
namespace {

constexpr std::size_t kUnset = std::string_view::npos;
constexpr std::size_t kDeepestNesting = 64;

// Files in wikis whose name for them is not known.
bool has_media_ending(std::string_view target) {
  constexpr std::size_t kLongest = 5;
  const std::size_t dot = target.rfind('.');
  if (dot == kUnset || target.size() - dot > kLongest) return false;
  static const std::unordered_set<std::string_view> endings = {".jpg", ".jpeg", ".png", ".gif",  ".svg",
                                                               ".tif", ".tiff", ".ogg", ".ogv",  ".oga",
                                                               ".webm", ".webp", ".wav", ".mp3"};
  return endings.contains(fold_wiki_name(target.substr(dot)));
}

// {|...|} whose end comes from a template.
bool ends_table(std::string_view template_name) {
  static const std::unordered_set<std::string_view> names = {"end", "table end", "end table", "s-end", "end box"};
  return names.contains(template_name);
}

}  // namespace

bool WikitextFrames::push(Kind kind) {
  if (frames_.size() == kDeepestNesting) return false;
  frames_.push_back({kind, out.size(), bars_.size()});
  return true;
}

void WikitextFrames::push_braces(std::size_t count) {
  while (count >= 2) {
    const bool triple = count % 2 == 1;
    if (!push(Kind::page_template)) {
      frames_.back().ignored += count / 2;
      return;
    }
    frames_.back().triple = triple;
    count -= triple ? 3 : 2;
  }
}

void WikitextFrames::pop() {
  bars_.resize(frames_.back().bars);
  frames_.pop_back();
}

void WikitextFrames::bar() {
  if (top_is(Kind::page_template) || top_is(Kind::link)) bars_.push_back({out.size(), kUnset});
}

void WikitextFrames::equals() {
  if (top_is(Kind::page_template) && bars_.size() > frames_.back().bars && bars_.back().equals == kUnset)
    bars_.back().equals = out.size();
}

void WikitextFrames::end_line() {
  while (top_is(Kind::external_link) || (top_is(Kind::link) && bars_.size() == frames_.back().bars)) pop();
}

// The nearest frame of a kind with none but those of `between` above it; they are popped, as they were not closed.
bool WikitextFrames::unwind_to(Kind kind, std::initializer_list<Kind> between) {
  std::size_t i = frames_.size();
  while (i > 0 && frames_[i - 1].kind != kind) {
    if (std::find(between.begin(), between.end(), frames_[i - 1].kind) == between.end()) return false;
    --i;
  }
  if (i == 0) return false;
  while (frames_.size() > i) pop();
  return true;
}

void WikitextFrames::cut_to_hole(std::size_t begin) {
  out.resize(begin);
  out += wikitext_marks::kHole;
}

void WikitextFrames::drop_unclosed() {
  while (!frames_.empty()) {
    const Frame frame = frames_.back();
    pop();
    if (frame.kind != Kind::page_template && frame.kind != Kind::table) continue;
    ++(frame.kind == Kind::table ? report_.tables : report_.templates);
    const std::size_t end = std::min(out.find("\n\n", frame.begin), out.size());
    out.replace(frame.begin, end - frame.begin, 1, wikitext_marks::kHole);
  }
}

void WikitextFrames::close_external_link() {
  const std::size_t begin = frames_.back().begin;
  pop();
  if (trim_blanks(std::string_view(out).substr(begin)).empty()) cut_to_hole(begin);
}

void WikitextFrames::close_link() {
  if (!unwind_to(Kind::link, {Kind::external_link})) return;
  const std::size_t begin = frames_.back().begin;
  const std::size_t bar = bars_.size() > frames_.back().bars ? bars_[frames_.back().bars].at : kUnset;
  pop();
  const std::string_view content = std::string_view(out).substr(begin);
  std::string_view target = trim_blanks(content.substr(0, bar == kUnset ? content.size() : bar - begin));
  const bool shown = target.starts_with(':');
  if (shown) target.remove_prefix(1);
  if (const std::size_t colon = target.find(':'); colon != kUnset) {
    const std::string_view prefix = target.substr(0, colon);
    const std::string folded = fold_wiki_name(prefix);
    if (!shown && drops_links_to(target, prefix, folded)) return cut_to_hole(begin);
    if (is_project_prefix(folded)) target.remove_prefix(colon + 1);
  }
  if (target.starts_with('#')) target.remove_prefix(1);
  const std::string_view label = bar == kUnset ? std::string_view() : content.substr(bar - begin + 1);
  const std::string_view text = trim_blanks(label).empty() ? target : label;
  if (text.empty()) return cut_to_hole(begin);
  const std::size_t front = static_cast<std::size_t>(text.data() - content.data()), size = text.size();
  out.erase(begin, front);
  out.resize(begin + size);
}

bool WikitextFrames::drops_links_to(std::string_view target, std::string_view prefix, const std::string& folded) {
  const auto listed = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), folded) != names.end();
  };
  const bool file = is_file_namespace(folded) || listed(names_.file) || has_media_ending(target);
  const bool elsewhere = is_category_namespace(folded) || listed(names_.category) || is_language_prefix(prefix);
  report_.files += file;
  report_.links += !file && elsewhere;
  return file || elsewhere;
}

bool WikitextFrames::close_table() {
  if (!unwind_to(Kind::table, {Kind::link, Kind::external_link})) return false;
  cut_table();
  return true;
}

void WikitextFrames::cut_table() {
  const std::size_t begin = frames_.back().begin;
  pop();
  cut_to_hole(begin);
  ++report_.tables;
}

std::size_t WikitextFrames::close_template(bool third) {
  if (!unwind_to(Kind::page_template, {Kind::link, Kind::external_link, Kind::table})) return 2;
  if (frames_.back().ignored > 0) {
    --frames_.back().ignored;
    return 2;
  }
  const Frame frame = frames_.back();
  const std::string name = read_template(frame);
  const std::optional<std::string> text = frame.triple ? std::nullopt : template_text(name, arguments_);
  pop();
  if (text) {
    out.replace(frame.begin, kUnset, *text);
  } else {
    cut_to_hole(frame.begin);
    ++report_.templates;
    if (frames_.empty()) report_.disambiguations += is_disambiguation_template(name);
    if (top_is(Kind::table) && ends_table(name)) cut_table();
  }
  return frame.triple && third ? 3 : 2;
}

// Returns its name and sets arguments_.
std::string WikitextFrames::read_template(const Frame& frame) {
  const std::string_view text = out;
  const auto between = [&](std::size_t begin, std::size_t end) { return trim_blanks(text.substr(begin, end - begin)); };
  const std::size_t name_end = bars_.size() > frame.bars ? bars_[frame.bars].at : text.size();
  std::string name = fold_wiki_name(text.substr(frame.begin, name_end - frame.begin));
  arguments_.clear();
  // {{formatnum:1234}}: functions of the parser.
  if (const std::size_t colon = name.find(':'); colon != kUnset) {
    arguments_.push_back({{}, between(text.find(':', frame.begin) + 1, name_end)});
    name.resize(colon);
  }
  for (std::size_t i = frame.bars; i < bars_.size(); ++i) {
    const std::size_t begin = bars_[i].at + 1, equals = bars_[i].equals;
    const std::size_t end = i + 1 < bars_.size() ? bars_[i + 1].at : text.size();
    if (equals == kUnset) arguments_.push_back({{}, between(begin, end)});
    else arguments_.push_back({between(begin, equals), between(equals + 1, end)});
  }
  return name;
}

}  // namespace diecast
