#include "site/page.hpp"

#include <string>

namespace joulemark::site {
namespace {

Files to_files(std::span<const BuiltInFile> built_in) {
  Files files;
  for (const BuiltInFile& f : built_in) {
    files.emplace(std::string(f.path), File{std::string(f.bytes), type_of(f.path)});
  }
  return files;
}

}  // namespace

Result<Files> page() {
  if (built_in_page().empty()) {
    return fail(ErrorKind::unsupported, "this joulemark was built without its page",
                "With Node 20.19 or newer call script/setup and build again, or take the documents "
                "alone with --api-only");
  }
  return to_files(built_in_page());
}

Files descriptions() { return to_files(built_in_descriptions()); }

}  // namespace joulemark::site
