// Text cut into what graders count: lines, words, sentences, numbers. Pure functions over UTF-8;
// views point into the argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

// Without blanks (space, tab, line ends) around it.
std::string_view Trim(std::string_view text);

// For comparing words of people: ASCII letters small, runs of blanks one space, Markdown marks
// (* _ ` $) and quotes dropped, no punctuation or blanks at either end.
std::string Fold(std::string_view text);

std::vector<std::string_view> NonBlankLines(std::string_view text);  // each trimmed

// Runs of letters, digits and underscores of any script (\w+), as IFEval counts words.
std::vector<std::string_view> Words(std::string_view text);

// What stands between blanks.
std::vector<std::string_view> BlankSeparated(std::string_view text);

// A sentence ends at . ! ? or a full-width one, with closing quotes and brackets, before a blank or
// the end; not after known abbreviations, initials or within numbers. A last piece without an end
// mark counts, and so does every paragraph's last line.
std::vector<std::string_view> Sentences(std::string_view text);

size_t CodePoints(std::string_view text);  // an invalid byte counts as one

// Numbers in their order: sign, digits with thousands commas, decimals, exponent; a/b is a fraction
// if nothing but digits stands around the slash. Only finite values.
std::vector<double> Numbers(std::string_view text);
std::optional<double> FirstNumber(std::string_view text);

}  // namespace moebench
