// Things a program can verify about a text: what it contains, how long it is, what each line looks
// like. A list of them is one grader; the answer is right if all hold.
//   CheckHolds({{"check", "words"}, {"max", 40}}, answer)
//   contains {any: [..]}           one of the texts stands in it, whatever the case
//   forbids {any: [..]}            none does; forbids_word: none as a word of its own
//   number {value, tolerance}      the number stands in it
//   words|sentences|lines|paragraphs|characters {min, max}    how many there are
//   count {text, min, max}         occurrences of the text, case as it is
//   starts|ends {text}             without blanks around
//   matches|forbids_pattern {pattern}   PCRE2, somewhere
//   each_line|each_sentence|each_word {pattern}   every one matches
//   line_patterns {patterns: [..]} as many lines as patterns, each matches its own
//   order {texts: [..]}            all stand in it, in this order
//   distinct_words {}              no word twice, whatever the case
//   sorted_lines {}                the lines are in alphabetical order, whatever the case
//   language {code}                ISO 639-1, of the main part
//   script {name, min_share}       share of the letters that are of the Unicode script
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace moebench {

// Throws Error naming `where` if the check is unknown or an argument is missing, unknown or wrong.
void RequireUsableCheck(const nlohmann::json& check, const std::string& where);

bool CheckHolds(const nlohmann::json& check, std::string_view text);

}  // namespace moebench
