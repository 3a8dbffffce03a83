#pragma once

#include <string>

#include "store/record.hpp"

namespace joulemark::report::testing {

/// A sound row of "architecture.tag" at its best batch.
inline store::Record record(const std::string& model, const std::string& size = "224x224") {
  store::Record r;
  r.run = "run of " + model;
  r.model = model;
  r.architecture = model.substr(0, model.find('.'));
  r.input_size = size;
  r.setup = "gpu";
  r.policy = "throughput";
  r.batch = 256;
  r.status = "ok";
  r.energy_j_per_image = 0.025;
  r.ci95_rel = 0.004;
  r.images_per_s = 10000.0;
  return r;
}

}  // namespace joulemark::report::testing
