#pragma once

namespace joulemark::catalogue {

/// data/catalogue/published-top1.json as text, made part of the program by the build.
extern const char* const kPublishedJson;

}  // namespace joulemark::catalogue
