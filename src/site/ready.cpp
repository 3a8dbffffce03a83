#include "site/ready.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <utility>

#include "zoo/sha256.hpp"

namespace joulemark::site {
namespace {

/// Hexadecimal digits of SHA-256 that an ETag has: 128 bits.
constexpr std::size_t kDigits = 32;

std::string etag_of(std::string_view hash, std::string_view coding) {
  return fmt::format("\"{}{}\"", hash.substr(0, kDigits), coding);
}

Result<Ready> ready(const std::string& path, File file) {
  auto smaller = gzip(file.bytes);
  if (!smaller) return tl::unexpected(smaller.error());
  const std::string hash = zoo::sha256_of_text(file.bytes);
  Ready r;
  if (smaller->size() < file.bytes.size()) r.gzip = std::move(*smaller);
  r.bytes = std::move(file.bytes);
  r.type = std::move(file.type);
  r.etag = etag_of(hash, "");
  r.gzip_etag = etag_of(hash, "-gzip");
  r.is_immutable = path.starts_with(kAssets);
  return r;
}

}  // namespace

Result<std::string> gzip(std::string_view bytes) {
  constexpr int kWindowOfGzip = 15 + 16;
  constexpr int kMemory = 8;
  z_stream stream{};
  int code = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindowOfGzip, kMemory,
                          Z_DEFAULT_STRATEGY);
  std::string out;
  if (code == Z_OK) {
    out.resize(deflateBound(&stream, bytes.size()));
    // zlib does not write to its input; its interface is older than const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    code = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
  }
  if (code != Z_STREAM_END) {
    return fail(ErrorKind::internal, fmt::format("zlib could not compress ({})", code));
  }
  return out;
}

Result<Site> ready(Files files) {
  Site site;
  for (auto& [path, file] : files) {
    auto one = ready(path, std::move(file));
    if (!one) return tl::unexpected(one.error());
    site.emplace(path, std::move(*one));
  }
  return site;
}

}  // namespace joulemark::site
