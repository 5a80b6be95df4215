#pragma once

#include "executor/run/run_work.h"

namespace zr {

// What is to be seen on a stream's target once all of it was sent, and what is made of it. Only
// what is seen there counts, whatever the commands said: a cursor depends on it.
class Landing {
 public:
  // All but the request outlive this; that has its guids.
  Landing(const RunContext&, const Step& sender, const Step& receiver, const SendRequest&);

  const DatasetName& dataset() const { return receiver_.dataset(); }
  StepId receiver() const { return receiver_.id; }

  // The snapshot that the stream was to bring, or null; of a resumed one by its guid alone, since
  // it may have been renamed since the stream began.
  const Version* find(const Inventory& target) const;
  // The sender's end, done: it was found there. Its guid, and others that came with it, are
  // learned.
  event::StepEnded landed(const Inventory& target) const;
  // The sender's end: the commands said that all is well, and yet it is not there.
  event::StepEnded missing(const Result<Inventory>& target) const;

 private:
  const RunContext& context_;
  const Step& sender_;
  const Step& receiver_;
  VersionRef snapshot_;
  bool any_name_;
};

// A stream's two ends, which have one outcome.
std::vector<event::StepEnded> both_ends(event::StepEnded sender, StepId receiver);

}  // namespace zr
