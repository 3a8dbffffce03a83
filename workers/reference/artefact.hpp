#pragma once

#include <filesystem>
#include <string>

namespace joulemark::reference_worker {

/// Writes a complete artefact folder `models`/<name>/reference-fp32-contiguous-cpu: the behaviour
/// given as a JSON object, four reference images of 3 x 32 x 32, their logits over ten classes, and
/// descriptor.json. Throws std::exception on bad JSON or when a file cannot be written.
void make_artefact(const std::filesystem::path& models, const std::string& name,
                   const std::string& behaviour_json);

}  // namespace joulemark::reference_worker
