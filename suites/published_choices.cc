// Published sets of multiple choice, asked by log-likelihood in the prompt forms of
// lm-evaluation-harness (its task files arc, hellaswag, winogrande, mmlu, truthfulqa_mc1, kobest).
// `normalise` says by which figure a set is usually told: acc_norm (characters) or acc (none).
#include <algorithm>
#include <array>

#include "suites/published.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr char kByCharacters[] = R"({"normalise":"characters"})";
constexpr char kAsTheyAre[] = R"({"normalise":"none"})";

bool HasText(const Json& row, const char* key) { return row.contains(key) && row[key].is_string(); }

bool HasTexts(const Json& row, std::initializer_list<const char*> keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const char* key) { return HasText(row, key); });
}

bool HasNumberOrText(const Json& row, const char* key) {
  return row.contains(key) && (row[key].is_number_integer() || row[key].is_string());
}

// A label as it is published: 2, "2", "B", True; `first` is the number of the first choice.
int GoldOf(const JsonLine& row, const char* key, int first, size_t choices) {
  const Json& json = row.json()[key];
  int gold = -1;
  if (json.is_number_integer() && json >= -1 && json <= 100) {
    gold = json.get<int>() - first;
  } else if (json.is_string()) {
    const auto text = json.get<std::string>();
    if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') gold = text[0] - '0' - first;
    if (text.size() == 1 && text[0] >= 'A' && text[0] <= 'J') gold = text[0] - 'A';
    if (text == "True" || text == "TRUE" || text == "true") gold = 1;
    if (text == "False" || text == "FALSE" || text == "false") gold = 0;
  }
  if (gold < 0 || gold >= static_cast<int>(choices)) {
    row.Refuse(std::string("'") + key + "' names no choice");
  }
  return gold;
}

Item Choices(std::string prompt, std::vector<std::string> choices, int gold, const char* spec) {
  return {.tier = 2,
          .prompt = std::move(prompt),
          .max_tokens = 1,
          .grader_kind = "choices",
          .spec = spec,
          .choices = std::move(choices),
          .gold = gold};
}

std::vector<std::string> WithBlank(const std::vector<std::string>& texts) {
  std::vector<std::string> with;
  for (const std::string& text : texts) with.push_back(' ' + text);
  return with;
}

// MMLU: a list of choices, or four columns in either of two namings.
std::vector<std::string> MmluChoices(const Json& row) {
  if (row.contains("choices") && row["choices"].is_array()) {
    std::vector<std::string> choices;
    for (const Json& choice : row["choices"]) {
      if (!choice.is_string()) return {};
      choices.push_back(choice.get<std::string>());
    }
    return choices;
  }
  using Names = std::array<const char*, 4>;
  for (const Names& names :
       {Names{"choice0", "choice1", "choice2", "choice3"}, Names{"A", "B", "C", "D"}}) {
    std::vector<std::string> choices;
    for (const char* name : names) {
      if (HasText(row, name)) choices.push_back(row[name].get<std::string>());
    }
    if (choices.size() == names.size()) return choices;
  }
  return {};
}

bool FitsMmlu(const Json& row) {
  return HasText(row, "question") && HasNumberOrText(row, "answer") && MmluChoices(row).size() == 4;
}

Item ReadMmlu(const JsonLine& row, const std::string&) {
  const std::vector<std::string> choices = MmluChoices(row.json());
  std::string prompt = row.Text("question");
  for (size_t i = 0; i < choices.size(); ++i) {
    prompt += std::string("\n") + "ABCD"[i] + ". " + choices[i];
  }
  Item item = Choices(prompt + "\nAnswer:", {" A", " B", " C", " D"}, GoldOf(row, "answer", 0, 4),
                      kAsTheyAre);
  item.category = row.TextOr("subject", "");
  return item;
}

struct ArcChoices {
  std::vector<std::string> texts, labels;
};

ArcChoices ArcChoicesOf(const Json& row) {
  ArcChoices found;
  const Json list = row.contains("question") && row["question"].is_object()
                        ? row["question"].value("choices", Json())
                        : row.value("choices", Json());
  const auto add = [&](const Json& text, const Json& label) {
    if (!text.is_string() || !label.is_string()) return;
    found.texts.push_back(text.get<std::string>());
    found.labels.push_back(label.get<std::string>());
  };
  if (list.is_array()) {  // as AI2 publishes it
    for (const Json& choice : list) {
      if (choice.is_object()) add(choice.value("text", Json()), choice.value("label", Json()));
    }
  } else if (list.is_object() && list.contains("text") && list.contains("label") &&
             list["text"].is_array() && list["text"].size() == list["label"].size()) {
    for (size_t i = 0; i < list["text"].size(); ++i) add(list["text"][i], list["label"][i]);
  }
  return found;
}

bool FitsArc(const Json& row) {
  return HasText(row, "answerKey") && ArcChoicesOf(row).texts.size() >= 2;
}

Item ReadArc(const JsonLine& row, const std::string&) {
  const ArcChoices choices = ArcChoicesOf(row.json());
  const auto label = std::find(choices.labels.begin(), choices.labels.end(), row.Text("answerKey"));
  if (label == choices.labels.end()) row.Refuse("'answerKey' names no choice");
  const std::string question = row.json()["question"].is_object()
                                   ? row.Object("question").Text("stem")
                                   : row.Text("question");
  return Choices("Question: " + question + "\nAnswer:", WithBlank(choices.texts),
                 static_cast<int>(label - choices.labels.begin()), kByCharacters);
}

// MosaicML's copies of ARC and others: a query ready to be continued.
bool FitsQuery(const Json& row) {
  return HasText(row, "query") && row.contains("choices") && row["choices"].is_array() &&
         row["choices"].size() >= 2 && HasNumberOrText(row, "gold");
}

Item ReadQuery(const JsonLine& row, const std::string&) {
  const std::vector<std::string> choices = row.Texts("choices");
  return Choices(row.Text("query"), WithBlank(choices), GoldOf(row, "gold", 0, choices.size()),
                 kByCharacters);
}

bool FitsHellaSwag(const Json& row) {
  return row.contains("endings") && row["endings"].is_array() && row["endings"].size() == 4 &&
         HasNumberOrText(row, "label") && (HasText(row, "ctx") || HasText(row, "ctx_a"));
}

// WikiHow's marks go, as the harness does it.
std::string CleanHellaSwag(std::string text) {
  const auto replace = [&](std::string_view from, std::string_view to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
    }
  };
  replace(" [title]", ". ");
  for (size_t open = text.find('['); open != std::string::npos; open = text.find('[', open)) {
    const size_t close = text.find(']', open);
    if (close == std::string::npos) break;
    text.erase(open, close + 1 - open);
  }
  replace("  ", " ");
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

Item ReadHellaSwag(const JsonLine& row, const std::string&) {
  std::string context = row.TextOr("ctx", "");
  if (row.Has("ctx_a")) {
    std::string second = row.TextOr("ctx_b", "");
    if (!second.empty() && second[0] >= 'a' && second[0] <= 'z') {
      second[0] = static_cast<char>(second[0] - 'a' + 'A');
    }
    context = row.Text("ctx_a") + ' ' + second;
  }
  std::vector<std::string> endings;
  for (const std::string& ending : row.Texts("endings")) {
    endings.push_back(' ' + CleanHellaSwag(ending));
  }
  const std::string label = row.TextOr("activity_label", "");
  return Choices(CleanHellaSwag((label.empty() ? "" : label + ": ") + context), endings,
                 GoldOf(row, "label", 0, endings.size()), kByCharacters);
}

bool FitsWinoGrande(const Json& row) {
  return (HasTexts(row, {"sentence", "option1", "option2"}) && HasNumberOrText(row, "answer")) ||
         (row.contains("context_options") && row["context_options"].is_array() &&
          row["context_options"].size() == 2 && HasText(row, "continuation") &&
          HasNumberOrText(row, "gold"));
}

// What stands behind the gap is scored, once behind each option.
Item ReadWinoGrande(const JsonLine& row, const std::string&) {
  std::vector<std::string> contexts;
  std::string rest;
  int gold = 0;
  if (row.Has("context_options")) {
    contexts = row.Texts("context_options");
    rest = ' ' + row.Text("continuation");
    gold = GoldOf(row, "gold", 0, 2);
  } else {
    const std::string sentence = row.Text("sentence");
    const size_t gap = sentence.find('_');
    if (gap == std::string::npos || gap + 1 >= sentence.size()) {
      row.Refuse("'sentence' has no gap '_' with text behind it");
    }
    rest = sentence.substr(gap + 1);
    for (const char* option : {"option1", "option2"}) {
      contexts.push_back(sentence.substr(0, gap) + row.Text(option));
    }
    gold = GoldOf(row, "answer", 1, 2);
  }
  Item item = Choices(contexts[0], {rest, rest}, gold, kAsTheyAre);
  item.choice_prompts = contexts;
  return item;
}

// {"choice": 1, "other": 0}, or lists of choices and labels.
const Json* TruthfulTargets(const Json& row) {
  for (const char* key : {"mc1_targets", "mc0_targets"}) {
    if (row.contains(key) && row[key].is_object() && !row[key].empty()) return &row[key];
  }
  return nullptr;
}

bool FitsTruthfulQa(const Json& row) {
  return (HasText(row, "question") && TruthfulTargets(row)) ||
         HasTexts(row, {"Question", "Best Answer", "Incorrect Answers"});
}

std::vector<std::string> SplitAnswers(const std::string& text) {
  std::vector<std::string> answers;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find(';', start), text.size());
    const size_t first = text.find_first_not_of(' ', start);
    if (first < end) answers.push_back(text.substr(first, end - first));
    start = end + 1;
  }
  return answers;
}

Item ReadTruthfulQa(const JsonLine& row, const std::string&) {
  std::vector<std::string> choices;
  int gold = -1;
  const auto add = [&](const std::string& text, bool right) {
    if (right && gold < 0) gold = static_cast<int>(choices.size());
    choices.push_back(' ' + text);
  };
  if (const Json* targets = TruthfulTargets(row.json())) {
    if (targets->contains("choices") && targets->contains("labels")) {
      const Json &texts = (*targets)["choices"], &labels = (*targets)["labels"];
      if (!texts.is_array() || !labels.is_array() || texts.size() != labels.size()) {
        row.Refuse("has not as many labels as choices");
      }
      for (size_t i = 0; i < texts.size(); ++i) {
        if (!texts[i].is_string()) row.Refuse("has a choice that is no text");
        add(texts[i].get<std::string>(), labels[i] == 1);
      }
    } else {
      for (const auto& [text, label] : targets->items()) add(text, label == 1);
    }
  } else {
    add(row.Text("Best Answer"), true);
    for (const std::string& text : SplitAnswers(row.Text("Incorrect Answers"))) add(text, false);
  }
  if (gold < 0 || choices.size() < 2) row.Refuse("has no right answer among two or more");
  Item item =
      Choices("Q: " + row.Text(row.Has("question") ? "question" : "Question") + "\nA:", choices,
              gold, kAsTheyAre);
  item.category = row.TextOr("category", row.TextOr("Category", ""));
  return item;
}

// KoBEST's five tasks, in the columns of its repository (TSV) and of the data hub (JSONL).
std::string First(const JsonLine& row, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (HasText(row.json(), key)) return row.Text(key);
  }
  row.Refuse(std::string("has no '") + *keys.begin() + "'");
}

bool IsKoBoolQ(const Json& row) {
  return HasTexts(row, {"Text", "Question", "Answer"}) ||
         (HasTexts(row, {"paragraph", "question"}) && HasNumberOrText(row, "label"));
}
bool IsKoCopa(const Json& row) {
  return HasTexts(row, {"sentence", "question", "1", "2", "Answer"}) ||
         (HasTexts(row, {"premise", "question", "alternative_1", "alternative_2"}) &&
          HasNumberOrText(row, "label"));
}
bool IsKoHellaSwag(const Json& row) {
  return HasTexts(row, {"context", "ending_1", "ending_2", "ending_3", "ending_4"}) &&
         HasNumberOrText(row, "label");
}
bool IsKoSentiNeg(const Json& row) {
  return HasTexts(row, {"Label", "Text"}) ||
         (HasText(row, "sentence") && HasNumberOrText(row, "label") && !row.contains("question"));
}
bool IsKoWic(const Json& row) {
  return HasTexts(row, {"Target", "SENTENCE1", "SENTENCE2", "ANSWER"}) ||
         (HasTexts(row, {"word", "context_1", "context_2"}) && HasNumberOrText(row, "label"));
}

bool FitsKobest(const Json& row) {
  return IsKoBoolQ(row) || IsKoCopa(row) || IsKoHellaSwag(row) || IsKoSentiNeg(row) || IsKoWic(row);
}

Item ReadKoCopa(const JsonLine& row) {
  const bool table = row.Has("Answer");
  std::string premise = First(row, {"premise", "sentence"});
  while (!premise.empty() && (premise.back() == '.' || premise.back() == ' ')) premise.pop_back();
  const bool cause = row.Text("question") == "원인";
  return Choices(
      premise + (cause ? " 왜냐하면" : " 그래서"),
      {' ' + First(row, {"alternative_1", "1"}), ' ' + First(row, {"alternative_2", "2"})},
      table ? GoldOf(row, "Answer", 1, 2) : GoldOf(row, "label", 0, 2), kAsTheyAre);
}

Item ReadKobest(const JsonLine& row, const std::string&) {
  const Json& json = row.json();
  Item item;
  if (IsKoCopa(json)) {
    item = ReadKoCopa(row);
    item.category = "copa";
  } else if (IsKoBoolQ(json)) {
    item = Choices(First(row, {"paragraph", "Text"}) +
                       " 질문: " + First(row, {"question", "Question"}) + " 답변:",
                   {" 아니오", " 예"}, GoldOf(row, row.Has("label") ? "label" : "Answer", 0, 2),
                   kAsTheyAre);
    item.category = "boolq";
  } else if (IsKoHellaSwag(json)) {
    std::vector<std::string> endings;
    for (const char* key : {"ending_1", "ending_2", "ending_3", "ending_4"}) {
      endings.push_back(' ' + row.Text(key));
    }
    item =
        Choices("문장: " + row.Text("context"), endings, GoldOf(row, "label", 0, 4), kByCharacters);
    item.category = "hellaswag";
  } else if (IsKoWic(json)) {
    item = Choices("문장1: " + First(row, {"context_1", "SENTENCE1"}) +
                       " 문장2: " + First(row, {"context_2", "SENTENCE2"}) + " 두 문장에서 " +
                       First(row, {"word", "Target"}) + "가 같은 뜻으로 쓰였나?",
                   {" 아니오", " 예"}, GoldOf(row, row.Has("label") ? "label" : "ANSWER", 0, 2),
                   kAsTheyAre);
    item.category = "wic";
  } else {
    item = Choices("문장: " + First(row, {"sentence", "Text"}) + " 긍부정:", {" 부정", " 긍정"},
                   GoldOf(row, row.Has("label") ? "label" : "Label", 0, 2), kAsTheyAre);
    item.category = "sentineg";
  }
  return item;
}

}  // namespace

std::vector<PublishedFormat> ChoiceFormats() {
  return {
      {"mmlu", "57 subjects (hendrycks/test), one table a subject", FitsMmlu, ReadMmlu},
      {"arc", "school science (AI2), easy or challenge", FitsArc, ReadArc},
      {"query", "choices that continue a query (MosaicML's copies)", FitsQuery, ReadQuery},
      {"hellaswag", "endings of everyday scenes (rowanz)", FitsHellaSwag, ReadHellaSwag},
      {"winogrande", "pronouns (AI2)", FitsWinoGrande, ReadWinoGrande},
      {"truthfulqa", "common misconceptions (sylinrl), one right choice", FitsTruthfulQa,
       ReadTruthfulQa},
      {"kobest", "Korean: BoolQ, COPA, HellaSwag, SentiNeg, WiC (SKT)", FitsKobest, ReadKobest},
  };
}

}  // namespace moebench
