/// Drives one LLVMFuzzerTestOneInput without libFuzzer, so that every compiler's test run covers
/// the parsers: all inputs of a corpus folder as they are, then N mutations of them from a fixed
/// seed.
///
///   <name>_fuzz CORPUS_FOLDER [MUTATIONS [SEED]]    or    <name>_fuzz FILE    (one input again)
///
/// The input that crashes, or that takes more than ten seconds, is written to
/// ./fuzz-fault-<seed>-<number> and named; the exit status is then not 0.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Present under AddressSanitizer, which ends the process without a signal.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's own name
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLargestMutant = 65'536;
constexpr unsigned kSecondsPerInput = 10;

// What the fault handler needs: only memory that is already there.
const std::uint8_t* g_data = nullptr;
std::size_t g_size = 0;
std::array<char, 96> g_fault_file{};

void write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = write(fd, at, size);
    if (n <= 0) return;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void keep_current_input() {
  if (g_data == nullptr) return;
  const int fd = open(g_fault_file.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd >= 0) {
    write_all(fd, g_data, g_size);
    close(fd);
  }
  constexpr std::string_view text = "\nfuzz: this input is at fault: ";
  write_all(STDERR_FILENO, text.data(), text.size());
  write_all(STDERR_FILENO, g_fault_file.data(), std::strlen(g_fault_file.data()));
  write_all(STDERR_FILENO, "\n", 1);
  g_data = nullptr;
}

void on_fault(int signal_number) {
  keep_current_input();
  std::signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void catch_faults() {
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
    // A sanitizer's own handler says more; it calls the death callback.
    if (__sanitizer_set_death_callback != nullptr && number != SIGABRT && number != SIGALRM)
      continue;
    std::signal(number, on_fault);
  }
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_current_input);
}

void run_one(const Bytes& input, std::uint64_t seed, std::uint64_t number) {
  // A copy of exact size: a read past its end is a read past an allocation.
  const Bytes exact(input.begin(), input.end());
  std::snprintf(g_fault_file.data(), g_fault_file.size(), "fuzz-fault-%llu-%llu",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(number));
  g_size = exact.size();
  g_data = exact.data();
  alarm(kSecondsPerInput);
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  alarm(0);
  g_data = nullptr;
}

Bytes read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

/// All files below `path` in the order of their names, so that a run repeats exactly.
std::vector<Bytes> read_corpus(const fs::path& path) {
  if (fs::is_regular_file(path)) return {read_file(path)};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Bytes> corpus;
  for (const fs::path& file : files) corpus.push_back(read_file(file));
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<Bytes>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  Bytes next() {
    Bytes bytes = pick(corpus_);
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) edit(bytes);
    if (bytes.size() > kLargestMutant) bytes.resize(kLargestMutant);
    return bytes;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  template <class Container>
  const typename Container::value_type& pick(const Container& values) {
    return values[below(values.size())];
  }
  static auto at(Bytes& bytes, std::size_t i) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(i);
  }

  void edit(Bytes& bytes) {
    if (bytes.empty()) bytes.push_back(static_cast<std::uint8_t>(random_()));
    const std::size_t i = below(bytes.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(bytes.size() - i, 32));
    switch (below(8)) {
      case 0:  // one bit
        bytes[i] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:  // one byte, of those that parsers stumble over
        bytes[i] = pick(kBytes);
        break;
      case 2:  // cut the end off
        bytes.resize(i);
        break;
      case 3:  // take a piece out
        bytes.erase(at(bytes, i), at(bytes, i + length));
        break;
      case 4: {  // say a piece twice
        const Bytes piece(at(bytes, i), at(bytes, i + length));
        bytes.insert(at(bytes, i), piece.begin(), piece.end());
        break;
      }
      case 5: {  // a token of JSON, numbers or text at its limits
        const std::string_view token = pick(kTokens);
        bytes.insert(at(bytes, i), token.begin(), token.end());
        break;
      }
      case 6: {  // overwrite a number with one of another size
        const std::string_view token = pick(kTokens);
        bytes.erase(at(bytes, i), at(bytes, i + length));
        bytes.insert(at(bytes, i), token.begin(), token.end());
        break;
      }
      default: {  // go on as another input does
        const Bytes& other = pick(corpus_);
        bytes.resize(i);
        bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size())),
                     other.end());
        break;
      }
    }
  }

  static constexpr std::array<std::uint8_t, 14> kBytes{0,   1,   '\n', ' ', '"', ',', '-',
                                                       '[', ']', '{',  '}', 127, 128, 255};
  static constexpr std::array<std::string_view, 22> kTokens{
      "0",         "-1",   "1e308",   "1e999", "NaN",    "-0.0", "9223372036854775807",
      "null",      "true", "[]",      "{}",    "\"\"",   "../",  "18446744073709551616",
      "\xff",      "\\u0", "\\ud800", ",,",    "\r\n\n", "%s%n", "[[[[[[[[[[[[[[[[[[[[[[[[",
      "4294967296"};

  const std::vector<Bytes>& corpus_;
  std::mt19937_64 random_;
};

std::uint64_t number_argument(int argc, char** argv, int i, std::uint64_t otherwise) {
  if (argc <= i) return otherwise;
  const std::string_view text = argv[i];
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    std::fprintf(stderr, "fuzz: %s is no number\n", argv[i]);
    std::exit(2);
  }
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || !fs::exists(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER|FILE [MUTATIONS [SEED]]\n", argv[0]);
    return 2;
  }
  const std::uint64_t mutations = number_argument(argc, argv, 2, 0);
  const std::uint64_t seed = number_argument(argc, argv, 3, 1);
  const std::vector<Bytes> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "fuzz: %s holds no input\n", argv[1]);
    return 2;
  }

  catch_faults();
  std::uint64_t number = 0;
  for (const Bytes& input : corpus) run_one(input, seed, number++);
  Mutator mutator(corpus, seed);
  for (std::uint64_t i = 0; i < mutations; ++i) run_one(mutator.next(), seed, number++);
  std::printf("%zu inputs and %llu mutations of them (seed %llu): no fault\n", corpus.size(),
              static_cast<unsigned long long>(mutations), static_cast<unsigned long long>(seed));
}
