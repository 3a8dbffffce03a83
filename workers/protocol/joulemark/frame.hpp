#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Framing of the worker protocol: see docs/worker-protocol.md, which is normative.
/// A frame is a 12-byte header (magic "JMWP", version, payload length; little endian) and UTF-8
/// JSON.
namespace joulemark::protocol {

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::string_view kMagic = "JMWP";
inline constexpr std::size_t kHeaderBytes = 12;
inline constexpr std::size_t kLargestPayload = 1 << 20;

enum class FrameStatus { complete, need_more, bad_magic, bad_version, too_large };

/// What stands at the beginning of a byte stream.
struct FrameView {
  FrameStatus status = FrameStatus::need_more;
  std::string_view payload;   ///< when complete
  std::size_t consumed = 0;   ///< bytes of header and payload, when complete
  std::uint32_t version = 0;  ///< as sent
};

inline std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

inline void append_u32(std::string& out, std::uint32_t v) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(v >> shift & 0xff));
}

/// Looks at the bytes received so far. Never reads past them; a length above the limit is refused
/// before any payload is waited for.
inline FrameView parse_frame(std::string_view bytes) {
  FrameView view;
  if (!kMagic.starts_with(bytes.substr(0, kMagic.size()))) {
    view.status = FrameStatus::bad_magic;
    return view;
  }
  if (bytes.size() < kHeaderBytes) return view;
  view.version = read_u32(bytes.substr(4));
  const std::size_t length = read_u32(bytes.substr(8));
  if (view.version != kVersion) {
    view.status = FrameStatus::bad_version;
  } else if (length > kLargestPayload) {
    view.status = FrameStatus::too_large;
  } else if (bytes.size() >= kHeaderBytes + length) {
    view.status = FrameStatus::complete;
    view.payload = bytes.substr(kHeaderBytes, length);
    view.consumed = kHeaderBytes + length;
  }
  return view;
}

/// The frame of a payload of at most kLargestPayload bytes; a longer one is refused by every
/// reader.
inline std::string make_frame(std::string_view payload) {
  std::string frame(kMagic);
  append_u32(frame, kVersion);
  append_u32(frame, static_cast<std::uint32_t>(payload.size()));
  frame.append(payload);
  return frame;
}
}  // namespace joulemark::protocol
