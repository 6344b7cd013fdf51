#include <diecast/train/tensorboard.hpp>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>
#include <system_error>

#include <boost/crc.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

constexpr std::string_view kEventsPrefix = "events.out.tfevents.";

template <class Unsigned>
void append_fixed(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Fields of Protocol Buffers messages: a key of number and wire type, then the value
// (https://protobuf.dev/programming-guides/encoding).
enum class WireType : std::uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void append_key(std::string& out, std::uint64_t number, WireType type) {
  append_varint(out, number << 3 | static_cast<std::uint64_t>(type));
}

void append_field(std::string& out, std::uint64_t number, std::uint64_t value) {
  append_key(out, number, WireType::varint);
  append_varint(out, value);
}
void append_field(std::string& out, std::uint64_t number, double value) {
  append_key(out, number, WireType::fixed64);
  append_fixed(out, std::bit_cast<std::uint64_t>(value));
}
void append_field(std::string& out, std::uint64_t number, float value) {
  append_key(out, number, WireType::fixed32);
  append_fixed(out, std::bit_cast<std::uint32_t>(value));
}
void append_field(std::string& out, std::uint64_t number, std::string_view bytes) {
  append_key(out, number, WireType::bytes);
  append_varint(out, bytes.size());
  out += bytes;
}

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Messages of tensorflow/core/util/event.proto and framework/summary.proto.
std::string event_at(std::uint64_t step) {
  std::string event;
  append_field(event, 1, seconds_since_epoch());  // wall_time
  append_field(event, 2, step);
  return event;
}

std::string version_event() {
  std::string event = event_at(0);
  append_field(event, 3, std::string_view("brain.Event:2"));  // file_version
  return event;
}

// Readers drop what they know of this step and later ones.
std::string start_event(std::uint64_t step) {
  std::string session, event = event_at(step);
  append_field(session, 1, std::uint64_t{1});            // status: START
  append_field(event, 7, std::string_view(session));     // session_log
  return event;
}

std::string scalar(std::string_view tag, double number) {
  std::string value;
  append_field(value, 1, tag);
  append_field(value, 2, static_cast<float>(number));  // simple_value
  return value;
}

// CRC-32C, rotated and shifted: a record may hold CRCs of its own.
std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xA282EAD8u;
}

// A TFRecord: length, its CRC, data, its CRC.
std::string record_of(std::string_view data) {
  std::string record;
  append_fixed(record, static_cast<std::uint64_t>(data.size()));
  append_fixed(record, masked_crc(record));
  record += data;
  append_fixed(record, masked_crc(data));
  return record;
}

// The seconds in the name of an events file; 0 for any other name.
std::uint64_t time_in_name(std::string_view name) {
  std::uint64_t time = 0;
  if (name.starts_with(kEventsPrefix)) {
    name.remove_prefix(kEventsPrefix.size());
    std::from_chars(name.data(), name.data() + name.size(), time);
  }
  return time;
}

// Files are read in the order of their names: a new one is later than all, also where a clock was set back.
std::filesystem::path new_events_file(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(Fault::run, "cannot create the folder: " + error.message(), folder.string(), "check its permissions");
  auto time = static_cast<std::uint64_t>(seconds_since_epoch());
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    time = std::max(time, time_in_name(entry->path().filename().string()) + 1);
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  return folder / fmt::format("{}{:010}.{}.{}", kEventsPrefix, time, host, getpid());
}

}  // namespace

TensorBoardFile::TensorBoardFile(const std::filesystem::path& folder, std::uint64_t last_step)
    : file_(new_events_file(folder)) {
  file_.append(record_of(version_event()) + record_of(start_event(last_step + 1)));
}

void TensorBoardFile::write(const Metrics& metrics) {
  std::string summary;
  const nlohmann::ordered_json line = to_json(metrics);
  for (const auto& [key, number] : line.items()) {
    if (key == "step" || !number.is_number() || !std::isfinite(number.get<double>())) continue;
    append_field(summary, 1, std::string_view(scalar(key, number.get<double>())));
  }
  std::string event = event_at(metrics.step);
  append_field(event, 5, std::string_view(summary));
  file_.append(record_of(event));
}

}  // namespace diecast
