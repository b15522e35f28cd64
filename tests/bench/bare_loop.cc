// What the parser library alone costs: reads a log in blocks, hands each line to simdjson, picks
// the five fields that counting needs and counts in a hash table. No time parsing, no verdicts, no
// state. The measure of what can be expected of any program that reads every line.
//
//   bare_loop [--docker] FILE      prints calls and errors as `apierrd replay --output json` does
#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using simdjson::ondemand::object;

constexpr std::size_t kBlockBytes = 1U << 20;

struct Counter {
  simdjson::ondemand::parser parser, middle, inner;
  std::unordered_map<std::string, std::uint64_t> calls, errors;
  std::string key, unwrapped, decoded;
  bool docker = false;
  std::uint64_t request_id_bytes = 0;
  double latency_ms = 0;
  std::uint64_t bad = 0;

  void count_response(object response) {
    std::string_view text;
    if (response["RequestId"].get_string().get(text) == simdjson::SUCCESS) {
      request_id_bytes += text.size();
    }
    object error;
    if (response["Error"].get_object().get(error) != simdjson::SUCCESS) return;
    if (error["Code"].get_string().get(text) != simdjson::SUCCESS) return;
    const std::size_t call_key = key.size();
    key.append("\x1f").append(text);
    ++errors[key];
    key.resize(call_key);
  }

  bool count_envelope(object envelope) {
    object response;
    if (envelope["Response"].get_object().get(response) != simdjson::SUCCESS) return false;
    count_response(response);
    return true;
  }

  bool count_escaped(simdjson::ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    decoded.assign(text);
    decoded.reserve(decoded.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document document;
    object envelope;
    return inner.iterate(decoded.data(), decoded.size(), decoded.capacity()).get(document) ==
               simdjson::SUCCESS &&
           document.get_object().get(envelope) == simdjson::SUCCESS && count_envelope(envelope);
  }

  bool count_record(object record) {
    std::string_view service, action;
    double latency = 0;
    if (record["service"].get_string().get(service) != simdjson::SUCCESS) return false;
    if (record["action"].get_string().get(action) != simdjson::SUCCESS) return false;
    if (record["latency_ms"].get_double().get(latency) == simdjson::SUCCESS) latency_ms += latency;
    key.assign(service).append("\x1f").append(action);
    ++calls[key];
    simdjson::ondemand::value response;
    if (record["response"].get(response) != simdjson::SUCCESS) return false;
    simdjson::ondemand::json_type type{};
    if (response.type().get(type) != simdjson::SUCCESS) return false;
    if (type == simdjson::ondemand::json_type::string) return count_escaped(response);
    object envelope;
    return response.get_object().get(envelope) == simdjson::SUCCESS && count_envelope(envelope);
  }

  bool count_wrapped(object wrapper) {
    std::string_view text;
    if (wrapper["log"].get_string().get(text) != simdjson::SUCCESS) return false;
    unwrapped.assign(text);
    unwrapped.reserve(unwrapped.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document document;
    object record;
    return middle.iterate(unwrapped.data(), unwrapped.size(), unwrapped.capacity()).get(document) ==
               simdjson::SUCCESS &&
           document.get_object().get(record) == simdjson::SUCCESS && count_record(record);
  }

  void count_line(const char* line, std::size_t size, std::size_t readable) {
    simdjson::ondemand::document document;
    object record;
    if (parser.iterate(line, size, readable).get(document) != simdjson::SUCCESS ||
        document.get_object().get(record) != simdjson::SUCCESS ||
        !(docker ? count_wrapped(record) : count_record(record))) {
      ++bad;
    }
  }
};

bool count_file(const char* path, Counter& counter) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::vector<char> buffer(2 * kBlockBytes + simdjson::SIMDJSON_PADDING);
  std::size_t held = 0;
  while (true) {
    const ssize_t count = ::read(file, buffer.data() + held, kBlockBytes);
    if (count < 0) return false;
    if (count == 0) break;
    const std::size_t end = held + static_cast<std::size_t>(count);
    std::size_t at = 0;
    while (const void* found = std::memchr(buffer.data() + at, '\n', end - at)) {
      const auto newline =
          static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
      counter.count_line(buffer.data() + at, newline - at, buffer.size() - at);
      at = newline + 1;
    }
    held = end - at;
    if (held > kBlockBytes) return false;  // no corpus has such a line
    std::memmove(buffer.data(), buffer.data() + at, held);
  }
  ::close(file);
  return true;
}

void print(const char* name, const std::unordered_map<std::string, std::uint64_t>& counts) {
  std::printf("\"%s\":[", name);
  const char* comma = "";
  for (const auto& [key, count] : std::map(counts.begin(), counts.end())) {
    std::printf("%s[\"", comma);
    for (const char c : key) {
      if (c == '\x1f') {
        std::printf("\",\"");
      } else {
        std::printf("%c", c);
      }
    }
    std::printf("\",%llu]", static_cast<unsigned long long>(count));
    comma = ",";
  }
  std::printf("]");
}

}  // namespace

int main(int argc, char** argv) {
  Counter counter;
  counter.docker = argc == 3 && std::strcmp(argv[1], "--docker") == 0;
  if (argc != (counter.docker ? 3 : 2) || !count_file(argv[argc - 1], counter)) {
    std::fprintf(stderr, "bare_loop: cannot read it: bare_loop [--docker] FILE\n");
    return 2;
  }
  std::printf("{");
  print("calls", counter.calls);
  std::printf(",");
  print("errors", counter.errors);
  std::printf(",\"bad\":%llu,\"latency_ms\":%.1f,\"request_id_bytes\":%llu}\n",
              static_cast<unsigned long long>(counter.bad), counter.latency_ms,
              static_cast<unsigned long long>(counter.request_id_bytes));
  return 0;
}
