#include "parsers/framing.h"

#include <algorithm>
#include <utility>

#include "parsers/line_batch.h"

namespace apierrd {

namespace {

// Whether `text` stops inside a document that begins at or behind `from`.
bool stops_inside(std::string_view text, std::size_t from, JsonPrefix& prefix) {
  while ((from = text.find('{', from)) != std::string_view::npos) {
    prefix.reset();
    std::size_t used = 0;
    if (prefix.feed(text.substr(from), used) == JsonPrefix::State::kOpen) return true;
    from += std::max<std::size_t>(used, 1);
  }
  return false;
}

}  // namespace

bool Framer::open() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const Stream& stream) { return stream.in_parts || stream.in_document; });
}

const std::vector<Record>& Framer::feed(std::string_view line, std::uint64_t bytes) {
  ready_.clear();
  if (!open()) texts_.clear();
  Record record;
  record.bytes = bytes;
  record.text = record.wrapping.content = line;
  if (line.size() > bytes_max_) {
    record.too_long = true;
    ready_.push_back(record);
    return ready_;
  }
  if (framing_.detect) {
    unwrap_detected(record.wrapping, texts_, scratch_);
  } else if (!unwrap_as_told(record.wrapping, framing_.wrappers, texts_, scratch_)) {
    record.not_wrapped = true;
    ready_.push_back(record);
    return ready_;
  }
  record.text = record.wrapping.content;
  Stream& stream = streams_[record.wrapping.stream];
  if (!record.wrapping.partial && !stream.in_parts) {
    join(stream, record);
  } else if (!add_part(stream, record)) {
    complete_parts(stream);
  }
  return ready_;
}

// Returns whether the record goes on behind this part.
bool Framer::add_part(Stream& stream, const Record& part) {
  if (!stream.in_parts) {
    stream.whole = part;
    stream.whole.lines = 0;
    stream.whole.bytes = 0;
    stream.parts.clear();
  }
  stream.in_parts = true;
  ++stream.whole.lines;
  stream.whole.bytes += part.bytes;
  stream.whole.too_long |= stream.parts.size() + part.text.size() > bytes_max_;
  if (!stream.whole.too_long) stream.parts.append(part.text);
  return part.wrapping.partial;
}

void Framer::complete_parts(Stream& stream) {
  stream.in_parts = false;
  Record record = stream.whole;
  std::string& text = texts_.next();
  text = stream.parts;
  record.wrapping.content = TextPool::padded(text);
  record.wrapping.partial = false;
  if (framing_.detect) unwrap_detected(record.wrapping, texts_, scratch_);
  record.text = record.wrapping.content;
  join(stream, record);
}

void Framer::join(Stream& stream, Record record) {
  if (!framing_.join_json || record.too_long) {
    ready_.push_back(record);
    return;
  }
  std::size_t from = 0;
  if (stream.in_document) {
    switch (stream.prefix.feed(record.text, from)) {
      case JsonPrefix::State::kOpen: from = std::string_view::npos; break;
      case JsonPrefix::State::kComplete: break;
      case JsonPrefix::State::kBroken:
        give_up_document(stream);
        from = 0;
        break;
    }
  }
  const bool inside =
      from == std::string_view::npos || stops_inside(record.text, from, stream.prefix);
  if (!inside && stream.pending.empty()) {
    ready_.push_back(record);
    return;
  }
  stream.in_document = true;
  stream.pending_bytes += record.text.size() + 1;
  stream.pending.push_back(record);
  if (!inside) return finish_document(stream);
  if (stream.pending.size() >= framing_.join_lines_max || stream.pending_bytes > bytes_max_) {
    give_up_document(stream);
  }
}

void Framer::finish_document(Stream& stream) {
  Record whole = stream.pending.front();
  whole.lines = 0;
  whole.bytes = 0;
  std::string& text = texts_.next();
  for (const Record& line : stream.pending) {
    if (!text.empty()) text.push_back('\n');
    text.append(line.text);
    whole.lines += line.lines;
    whole.bytes += line.bytes;
  }
  whole.text = TextPool::padded(text);
  ready_.push_back(whole);
  stream.in_document = false;
  stream.pending.clear();
  stream.pending_bytes = 0;
}

// Each line counts by itself, as without joining.
void Framer::give_up_document(Stream& stream) {
  ready_.insert(ready_.end(), stream.pending.begin(), stream.pending.end());
  stream.in_document = false;
  stream.pending.clear();
  stream.pending_bytes = 0;
}

const std::vector<Record>& Framer::finish() {
  ready_.clear();
  for (Stream& stream : streams_) {
    if (stream.in_parts) complete_parts(stream);
    if (stream.in_document) give_up_document(stream);
  }
  return ready_;
}

std::size_t closed_bytes(std::string_view text, const Framing& framing, std::size_t bytes_max) {
  Framer framer(framing, bytes_max);
  const std::size_t size = text.size();
  std::size_t closed = 0;
  while (!text.empty()) {
    const std::size_t before = text.size();
    const std::string_view line = take_line(text);
    framer.feed(line, before - text.size());
    if (!framer.open()) closed = size - text.size();
  }
  return closed;
}

}  // namespace apierrd
