#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace joulemark::analysis {

/// Equally likely indices below n, 1 <= n < 2^49: those of boost::random::uniform_int_distribution
/// from the same numbers, one by one. That divides twice for each, and bootstraps draw millions.
class AnyIndex {
 public:
  explicit AnyIndex(std::size_t n)
      : n_(n),
        share_(n == 1 ? kMost : kMost / n + (kMost % n == n - 1 ? 1 : 0)),
        shares_per_one_(kJustBelowOne / static_cast<double>(share_)) {}

  /// `numbers()` is any number of 64 bits, each as likely.
  template <class Numbers>
  std::size_t operator()(Numbers& numbers) const {
    if (n_ == 1) return 0;
    for (;;) {
      const std::uint64_t index = shares_in(numbers());
      if (index < n_) return index;  // what n does not divide is drawn again
    }
  }

 private:
  static constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  /// So that the product below, which is rounded, is never above what it stands for.
  static constexpr double kJustBelowOne = 1.0 - 0x1p-50;

  /// number / share_, by a product that is that or one less.
  std::uint64_t shares_in(std::uint64_t number) const {
    // Half of it is a signed integer, which processors turn into a double at once.
    const auto half = static_cast<double>(static_cast<std::int64_t>(number / 2));
    const auto about = static_cast<std::int64_t>(2.0 * half * shares_per_one_);
    const auto shares = static_cast<std::uint64_t>(about);
    return number - shares * share_ >= share_ ? shares + 1 : shares;
  }

  std::size_t n_;
  std::uint64_t share_;  ///< of all numbers, what falls to one index
  double shares_per_one_;
};

}  // namespace joulemark::analysis
