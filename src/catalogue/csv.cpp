#include "catalogue/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/utf8.hpp"

namespace joulemark::catalogue {

/// One pass over the text, cell by cell.
class CsvReader {
 public:
  CsvReader(std::string name, std::string_view text) : text_(text) {
    csv_.name_ = std::move(name);
    if (text_.starts_with("\xef\xbb\xbf")) at_ = line_begin_ = 3;  // a byte order mark
  }

  Result<Csv> read() {
    if (const auto bad = not_text()) return tl::unexpected(*bad);
    if (at_ == text_.size()) return failure("the file is empty");
    while (at_ < text_.size()) {
      const auto row = read_row();
      if (!row) return tl::unexpected(row.error());
    }
    return std::move(csv_);
  }

 private:
  std::optional<Error> not_text() {
    for (std::size_t i = at_; i < text_.size();) {
      const auto c = static_cast<unsigned char>(text_[i]);
      const std::size_t length = c < 0x80 ? 1 : character_length(text_.substr(i));
      const bool control = (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
      if (length == 0 || control) {
        at_ = i;
        line_ = static_cast<std::size_t>(
            1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(i), '\n'));
        line_begin_ = text_.substr(0, i).rfind('\n') + 1;  // npos + 1 is 0
        return failure(length == 0 ? "this is not UTF-8" : "there is a control character").value();
      }
      i += length;
    }
    return std::nullopt;
  }

  Result<void> read_row() {
    const std::size_t line = line_;
    const std::size_t first = csv_.cells_.size();
    bool more = true;
    while (more) {
      const auto cell = text_[at_] == '"' ? read_quoted() : read_plain();
      if (!cell) return tl::unexpected(cell.error());
      csv_.cells_.push_back(*cell);
      if (at_ == text_.size()) return failure("the last line has no end: is the file cut off?");
      if (text_[at_] == ',') {
        ++at_;
        if (at_ == text_.size()) return failure("the last line has no end: is the file cut off?");
      } else {
        more = false;
        if (const auto end = end_line(); !end) return end;
      }
    }
    return finish_row(line, csv_.cells_.size() - first);
  }

  Result<void> finish_row(std::size_t line, std::size_t cells) {
    if (csv_.width_ == 0) {
      csv_.width_ = cells;
      return check_header();
    }
    if (cells != csv_.width_) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("{}, line {}: it has {} cells and the header has {}", csv_.name_,
                              line, cells, csv_.width_),
                  kMendTable);
    }
    csv_.lines_.push_back(line);
    return {};
  }

  Result<void> check_header() {
    std::vector<std::string_view> names(csv_.cells_);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
      return tl::unexpected(
          csv_.header_error(fmt::format("column '{}' is there twice", one_line(*twice, 60))));
    }
    return {};
  }

  /// Up to the comma or line end after it.
  Result<std::string_view> read_plain() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
    if (end < text_.size() && text_[end] == '"') {
      at_ = end;
      return failure("there is a quote within a cell that does not begin with one");
    }
    const std::string_view cell = text_.substr(at_, end - at_);
    at_ = end;
    return cell;
  }

  Result<std::string_view> read_quoted() {
    const std::size_t opened_line = line_;
    const std::size_t begin = ++at_;
    bool doubled = false;
    for (;; ++at_) {
      if (at_ == text_.size()) {
        return failure(fmt::format("the quote that opens on line {} is never closed", opened_line));
      }
      if (text_[at_] == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      }
      if (text_[at_] != '"') continue;
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
      doubled = true;
      ++at_;
    }
    std::string_view cell = text_.substr(begin, at_ - begin);
    ++at_;
    if (at_ < text_.size() && std::strchr(",\r\n", text_[at_]) == nullptr) {
      return failure("there is text behind the closing quote of a cell");
    }
    return doubled ? without_doubling(cell) : cell;
  }

  std::string_view without_doubling(std::string_view cell) {
    std::string plain;
    for (std::size_t i = 0; i < cell.size(); ++i) {
      plain += cell[i];
      if (cell[i] == '"') ++i;
    }
    return csv_.unquoted_.emplace_front(std::move(plain));
  }

  Result<void> end_line() {
    if (text_[at_] == '\r') {
      ++at_;
      if (at_ == text_.size() || text_[at_] != '\n') {
        return failure("there is a carriage return that ends no line");
      }
    }
    ++at_;
    ++line_;
    line_begin_ = at_;
    return {};
  }

  tl::unexpected<Error> failure(const std::string& what) const {
    return fail(ErrorKind::invalid_input,
                fmt::format("{}, line {}, character {}: {}", csv_.name_, line_,
                            at_ - line_begin_ + 1, what),
                kMendTable);
  }

  std::string_view text_;
  Csv csv_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
};

Result<Csv> Csv::parse(std::string name, std::string_view text) {
  return CsvReader(std::move(name), text).read();
}

std::optional<std::size_t> Csv::column(std::string_view name) const {
  const auto names = header();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Error Csv::error_at(std::size_t row, std::size_t column, const std::string& what) const {
  return {ErrorKind::invalid_input,
          fmt::format("{}, line {}, column {}: {}", name_, lines_[row],
                      one_line(header()[column], 60), what),
          kMendTable};
}

Error Csv::header_error(const std::string& what) const {
  return {ErrorKind::invalid_input, fmt::format("{}, line 1: {}", name_, what), kMendTable};
}

}  // namespace joulemark::catalogue
