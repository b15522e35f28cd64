// A sink for tests of the reader: counts each batch at once, by a function.
#pragma once

#include <functional>
#include <utility>

#include "daemon/batch_sink.h"
#include "daemon/read_buffer.h"

namespace apierrd::test {

class DirectSink : public BatchSink {
 public:
  using Count = std::function<BatchOutcome(const LineBatch&)>;
  DirectSink(ReadBuffer& buffer, Count count) : buffer_(buffer), count_(std::move(count)) {}
  std::span<char> block() override { return buffer_.block(); }
  void take(const LineBatch& batch, Done done) override { done(count_(batch)); }
  void settle() override {}

 private:
  ReadBuffer& buffer_;
  Count count_;
};

}  // namespace apierrd::test
