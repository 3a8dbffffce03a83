#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "joulemark/frame.hpp"

/// A stream of frames arrives in pieces of any size from a process that may be broken: the reader
/// never looks past what is there, never waits once it can tell that no frame comes, and finds the
/// same frames however the stream was cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using joulemark::protocol::FrameStatus;
  using joulemark::protocol::FrameView;
  using joulemark::protocol::kHeaderBytes;
  using joulemark::protocol::kLargestPayload;
  using joulemark::protocol::make_frame;
  using joulemark::protocol::parse_frame;
  std::string_view stream(reinterpret_cast<const char*>(data), size);
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  while (true) {
    const FrameView whole = parse_frame(stream);
    // A prefix of the stream never contradicts the whole of it.
    for (const std::size_t part : {std::size_t{0}, std::size_t{1}, kHeaderBytes - 1, kHeaderBytes,
                                   stream.size() / 2, stream.size() - stream.size() / 3}) {
      if (part >= stream.size()) continue;
      const FrameView view = parse_frame(stream.substr(0, part));
      if (view.status == FrameStatus::need_more) continue;
      require(view.status == whole.status);
      require(view.payload == whole.payload && view.consumed == whole.consumed);
    }
    if (whole.status != FrameStatus::complete) {
      require(whole.payload.empty() && whole.consumed == 0);
      // The longest frame is all that is ever waited for.
      require(whole.status != FrameStatus::need_more ||
              stream.size() < kHeaderBytes + kLargestPayload);
      return 0;
    }
    require(whole.consumed <= stream.size());
    require(whole.payload.size() <= kLargestPayload);
    require(make_frame(whole.payload) == stream.substr(0, whole.consumed));
    stream.remove_prefix(whole.consumed);
  }
}
