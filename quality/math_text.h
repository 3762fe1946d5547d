// Answers of mathematics written in LaTeX or plainly, compared.
#pragma once

#include <string>
#include <string_view>

namespace moebench {

// \dfrac{1}{2}, \frac12, 1/2 and 0.5 are the same; so are {x=3} and 3, \left(1,2\right) and (1, 2),
// 50\% and 50. Two texts that are no numbers are the same if their normal form is.
bool SameMath(std::string_view a, std::string_view b);

// Without spacing commands, sizes, units in \text and dollars.
std::string NormalMath(std::string_view text);

}  // namespace moebench
