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
  closed_before_ = !open();
  if (closed_before_) texts_.clear();
  Record record;
  record.bytes = bytes;
  record.text = record.wrapping.content = line;
  record.too_long = line.size() > bytes_max_;
  if (!record.too_long) take_wrappers_off(record);
  if (!closed_before_ && span_ + bytes > bytes_max_) {
    close_all();
    closed_before_ = true;
    if (!record.too_long) take_wrappers_off(record);
  }
  span_ = closed_before_ ? bytes : span_ + bytes;
  if (record.too_long || record.not_wrapped) {
    ready_.push_back(record);
    return ready_;
  }
  Stream& stream = streams_[record.wrapping.stream];
  if (!record.wrapping.partial && !continues(record.wrapping)) {
    join(stream, record);
  } else if (!add_part(stream, record)) {
    complete_parts(stream);
  }
  return ready_;
}

// From the outside in; those within a part once the parts are together.
void Framer::take_wrappers_off(Record& record) {
  WrappedLine& line = record.wrapping;
  const std::size_t most = framing_.detect ? kWrappersMax : framing_.wrappers.size();
  while (line.wrapper_count < most && !line.partial && !continues(line) && !record.not_wrapped) {
    if (framing_.detect) {
      if (!unwrap_detected(line, texts_, scratch_)) break;
    } else if (!unwrap(line, framing_.wrappers[line.wrapper_count], texts_, scratch_)) {
      record.not_wrapped = true;
    }
  }
  record.text = line.content;
}

// Whether the line goes on with what is in parts: it is wrapped as those are.
bool Framer::continues(const WrappedLine& line) const {
  const Stream& stream = streams_[line.stream];
  const WrappedLine& first = stream.whole.wrapping;
  const std::size_t depth = line.wrapper_count;
  return stream.in_parts && depth > 0 && depth == first.wrapper_count &&
         line.wrappers[depth - 1] == first.wrappers[depth - 1];
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
  stream.parts.append(part.text);
  return part.wrapping.partial;
}

void Framer::complete_parts(Stream& stream) {
  stream.in_parts = false;
  Record record = stream.whole;
  std::string& text = texts_.next();
  text = stream.parts;
  record.wrapping.content = TextPool::padded(text);
  record.wrapping.partial = false;
  take_wrappers_off(record);
  join(stream, record);
}

void Framer::join(Stream& stream, const Record& record) {
  if (!framing_.join_json || record.too_long || record.not_wrapped) {
    ready_.push_back(record);
    return;
  }
  waiting_.push_back(record);
  join_waiting(stream);
}

void Framer::join_waiting(Stream& stream) {
  while (!waiting_.empty()) {
    const Record line = waiting_.front();
    waiting_.pop_front();
    if (add_line(stream, line)) continue;
    waiting_.push_front(line);
    give_up_document(stream);
  }
}

// Returns false if the document that is open cannot go on with this line.
bool Framer::add_line(Stream& stream, const Record& line) {
  std::size_t from = 0;
  bool inside = false;
  if (stream.in_document) {
    const JsonPrefix::State state = stream.prefix.feed(line.text, from);
    if (state == JsonPrefix::State::kBroken) return false;
    inside = state == JsonPrefix::State::kOpen;
  }
  inside = inside || stops_inside(line.text, from, stream.prefix);
  if (!inside && !stream.in_document) {
    ready_.push_back(line);
    return true;
  }
  stream.in_document = true;
  stream.pending_bytes += line.text.size() + 1;
  stream.pending.push_back(line);
  if (!inside) {
    finish_document(stream);
  } else if (stream.pending.size() >= framing_.join_lines_max ||
             stream.pending_bytes > bytes_max_) {
    give_up_document(stream);
  }
  return true;
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

// The first line counts by itself, as without joining; what follows it is looked at anew: it may
// well hold whole documents.
void Framer::give_up_document(Stream& stream) {
  ready_.push_back(stream.pending.front());
  waiting_.insert(waiting_.begin(), stream.pending.begin() + 1, stream.pending.end());
  stream.in_document = false;
  stream.pending.clear();
  stream.pending_bytes = 0;
}

void Framer::close_all() {
  for (Stream& stream : streams_) {
    if (stream.in_parts) complete_parts(stream);
    while (stream.in_document) {
      give_up_document(stream);
      join_waiting(stream);
    }
  }
}

const std::vector<Record>& Framer::finish() {
  ready_.clear();
  close_all();
  return ready_;
}

std::size_t closed_bytes(std::string_view text, const Framing& framing, std::size_t bytes_max) {
  Framer framer(framing, bytes_max);
  const std::size_t size = text.size();
  std::size_t closed = 0;
  while (!text.empty()) {
    const std::size_t before = text.size();
    const std::string_view line = take_line(text);
    // Nearly all lines are whole records, which costs less to see than to take their wrappers off.
    if (closed == size - before && is_whole(line, framing)) {
      closed = size - text.size();
      continue;
    }
    framer.feed(line, before - text.size());
    if (framer.closed_before()) closed = size - before;
    if (!framer.open()) closed = size - text.size();
  }
  return closed;
}

}  // namespace apierrd
