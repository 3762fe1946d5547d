// Looks for signs of sickness in answers that have none noted: those just written, and those of
// databases from before schema 7.
//   FillSigns(rows.answers);
#pragma once

#include <span>

#include "results/records.h"

namespace moebench {

// Choices that were only scored are no answers here.
void FillSigns(std::span<AnswerRecord> answers);

}  // namespace moebench
