#include "campaign/one_device.hpp"

#include <utility>

namespace joulemark::campaign {

Result<void> OneDevice::measure(const std::vector<Order>& lot, const Control& control) {
  if (auto ok = measure_idle(); !ok) return ok;
  for (const Order& order : lot) {
    if (!control.may_begin()) break;
    const Instant before = clock_.now();
    control.begun(order.step.job);
    const auto ended = measure(order);
    if (!ended) return tl::unexpected(ended.error());
    control.ended(*ended, clock_.now() - before);
  }
  return {};
}

Result<void> OneDevice::measure_idle() {
  if (idle_ <= Nanoseconds(0)) return {};
  return session_.measure_idle(
      idle_, [&](const std::string& what) { listener_.stage(session_.meter().device, what); });
}

Result<Ended> OneDevice::measure(const Order& order) {
  if (order.step.job >= campaign_.jobs.size())
    return fail(ErrorKind::protocol, "the campaign has no such job", "Was its plan replaced?");
  const Job& job = campaign_.jobs[order.step.job];
  Ended ended;
  Result<void> measured;
  auto artefact = find_artefact(job);
  if (!order.no_artefact.empty() || !artefact) {
    measured = store_failures(
        order.step, order.no_artefact.empty() ? artefact.error().what : order.no_artefact, ended);
  } else {
    measured = session_.measure(
        *artefact, turn_of(order.step), order.step.policies,
        [&](const std::string& what) { listener_.stage(job.model, what); },
        [&](const store::Record& r, const measure::Outcome&) -> Result<void> {
          keep(r, ended);
          return {};
        });
  }
  if (!measured) return tl::unexpected(measured.error());
  // The next job would fail as this one did, where the meter is really gone.
  if (std::exchange(lost_, false)) measured = measure_idle();
  if (!measured) return tl::unexpected(measured.error());
  return ended;
}

Turn OneDevice::turn_of(const Step& step) const {
  return {variant_of(campaign_.jobs[step.job]).cuda_graph, step.job};
}

Result<zoo::Descriptor> OneDevice::find_artefact(const Job& job) const {
  const Variant& variant = variant_of(job);
  const zoo::Query query{job.model, variant.format, variant.precision, variant.layout, {}};
  auto found = zoo::find(artefacts_, query);
  if (found && variant.input_size) {
    std::erase_if(*found, [&](const zoo::Descriptor& d) {
      return d.input_size != std::vector{std::int64_t{3}, *variant.input_size, *variant.input_size};
    });
  }
  if (found && !found->empty()) return std::move(found->front());
  return fail(ErrorKind::export_failed,
              found ? "the exporter made no artefact" : found.error().what);
}

/// A model that cannot be had is a row under each policy that it was asked for.
Result<void> OneDevice::store_failures(const Step& step, const std::string& why, Ended& ended) {
  const Job& job = campaign_.jobs[step.job];
  zoo::Descriptor d;
  d.architecture = job.model.substr(0, job.model.find('.'));
  if (d.architecture != job.model) d.tag = job.model.substr(d.architecture.size() + 1);
  const Variant& variant = variant_of(job);
  d.format = variant.format;
  d.precision = variant.precision;
  d.layout = variant.layout;
  if (variant.input_size) d.input_size = {3, *variant.input_size, *variant.input_size};
  for (const measure::Policy& policy : step.policies) {
    const auto row =
        session_.append_failure(d, turn_of(step), policy, {ErrorKind::export_failed, why, {}});
    if (!row) return tl::unexpected(row.error());
    keep(*row, ended);
  }
  return {};
}

void OneDevice::keep(const store::Record& row, Ended& ended) {
  if (row.status != "ok") ++ended.failed;
  if (row.status == name(ErrorKind::meter_lost)) lost_ = true;
  listener_.finished({row.status, in_words_(row)});
}

}  // namespace joulemark::campaign
