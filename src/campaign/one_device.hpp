#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/crew.hpp"
#include "campaign/plan.hpp"
#include "campaign/session.hpp"
#include "store/record.hpp"

namespace joulemark::campaign {

/// Measures one job after the other, in this process.
class OneDevice final : public Crew {
 public:
  using InWords = std::function<std::string(const store::Record&)>;

  /// `idle`: how long idle power is measured before each lot; 0: not at all. All else must outlive
  /// this object.
  OneDevice(const Campaign& campaign, std::filesystem::path artefacts, Session& session,
            Nanoseconds idle, const Listener& listener, InWords in_words, Clock& clock)
      : campaign_(campaign),
        artefacts_(std::move(artefacts)),
        session_(session),
        idle_(idle),
        listener_(listener),
        in_words_(std::move(in_words)),
        clock_(clock) {}

  std::string kind() const override { return session_.device().kind(); }
  std::size_t devices() const override { return 1; }
  Result<void> measure(const std::vector<Order>& lot, const Control& control) override;

  /// Errors: those of Session::measure_idle.
  Result<void> measure_idle();
  /// One job under the policies of its step. Errors: those of Session::measure; meter_lost where a
  /// meter that was lost did not come back.
  Result<Ended> measure(const Order& order);

 private:
  Result<zoo::Descriptor> find_artefact(const Job& job) const;
  Result<void> store_failures(const Step& step, const std::string& why, Ended& ended);
  Turn turn_of(const Step& step) const;
  const Variant& variant_of(const Job& job) const { return campaign_.plan.variants[job.variant]; }
  void keep(const store::Record& row, Ended& ended);

  const Campaign& campaign_;
  std::filesystem::path artefacts_;
  Session& session_;
  Nanoseconds idle_;
  const Listener& listener_;
  InWords in_words_;
  Clock& clock_;
  bool lost_ = false;  ///< the meter, while a job was measured
};

}  // namespace joulemark::campaign
