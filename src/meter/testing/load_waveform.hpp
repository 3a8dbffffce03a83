#pragma once

#include <memory>
#include <string>

#include "meter/waveform.hpp"

namespace joulemark::meter::fake {

/// The power of the fake CUDA library's GPU ($JOULEMARK_CUDA_LIBRARY):
/// "load:CLOSED,OPEN,BUSY[,LAG]" are its watts without a context, with one, and under a load, seen
/// LAG seconds late. `zero`: when the waveform begins, in seconds of CLOCK_MONOTONIC. Null when the
/// description is not of this form or the library is not there.
std::unique_ptr<Waveform> make_load_waveform(const std::string& description, double zero);

}  // namespace joulemark::meter::fake
