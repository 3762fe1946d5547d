#include "suites/long_context.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "harness/base/rng.h"

namespace moebench {
namespace {

constexpr double kBytesPerToken = 4.2;

constexpr std::array<const char*, 24> kPeople = {
    "Abel", "Berit", "Cosmo", "Dagny", "Edda",  "Falk", "Gunda", "Hanno",
    "Ines", "Jorin", "Kaisa", "Levin", "Minna", "Nilo", "Orsa",  "Piet",
    "Quin", "Runa",  "Sefa",  "Timon", "Ulla",  "Veit", "Wanda", "Yorick"};
constexpr std::array<const char*, 12> kGoods = {
    "jars of honey",   "wheels of cheese",    "sacks of flour",  "baskets of pears",
    "bundles of flax", "loaves of rye bread", "clay pots",       "wool blankets",
    "crates of plums", "barrels of cider",    "beeswax candles", "boxes of nails"};
constexpr std::array<const char*, 12> kPlaces = {
    "the old quay",    "the north gate", "the tannery",     "the lower bridge",
    "the schoolhouse", "the bell tower", "the ferry steps", "the orchard wall",
    "the smithy",      "the salt store", "the weir",        "the upper meadow"};
constexpr std::array<const char*, 12> kThings = {
    "brass telescope", "green bicycle",   "tin trunk",     "walnut clock",
    "copper kettle",   "ivory chess set", "leather atlas", "silver flute",
    "oak sledge",      "blue lantern",    "stone mortar",  "paper globe"};
constexpr std::array<const char*, 10> kWeather = {
    "Fog lay over the river until noon",  "A dry wind came down from the hills",
    "It rained in short showers",         "The sky stayed clear and pale",
    "Frost held on the shaded roofs",     "Thunder was heard beyond the forest",
    "A warm haze made the distance blue", "Snow fell and melted within the hour",
    "The air smelled of cut hay",         "Clouds moved fast and low"};
constexpr std::array<const char*, 10> kDoings = {
    "mended the fence behind",           "painted a door near",         "argued about a goat at",
    "looked for a lost key around",      "measured the water level by", "played the accordion at",
    "left a cart standing by",           "repaired two windows at",     "swept the path along",
    "waited a long time for a letter at"};

template <size_t kCount>
std::string Pick(Rng& rng, const std::array<const char*, kCount>& from) {
  return from[rng.Below(kCount)];
}

std::string Number(Rng& rng, uint64_t low, uint64_t high) {
  return std::to_string(low + rng.Below(high - low + 1));
}

// A day's note without anything that a question asks for.
std::string Filler(Rng& rng) {
  std::string text = Pick(rng, kWeather) + ". " + Pick(rng, kPeople) + ' ' + Pick(rng, kDoings) +
                     ' ' + Pick(rng, kPlaces);
  switch (rng.Below(4)) {
    case 0:
      return text + ", and nobody minded.";
    case 1:
      return text + " for " + Number(rng, 2, 9) + " hours.";
    case 2:
      return text + " together with " + Pick(rng, kPeople) + '.';
    default:
      return text + ". Later there was soup for everyone at " + Pick(rng, kPlaces) + '.';
  }
}

// Notes with marked ones spread among fillers: each marked note keeps its order and falls at a
// place drawn evenly.
std::string Chronicle(Rng& rng, size_t bytes, const std::vector<std::string>& marked) {
  std::vector<std::string> fillers;
  size_t size = 0;
  for (const std::string& note : marked) size += note.size() + 12;
  while (size < bytes) {
    fillers.push_back(Filler(rng));
    size += fillers.back().size() + 12;
  }
  std::vector<size_t> places;
  for (size_t i = 0; i < marked.size(); ++i) places.push_back(rng.Below(fillers.size() + 1));
  std::sort(places.begin(), places.end());
  std::string text;
  size_t next = 0;
  int day = 1;
  const auto add = [&](const std::string& note) {
    text += "Day " + std::to_string(day++) + ". " + note + '\n';
  };
  for (size_t i = 0; i <= fillers.size(); ++i) {
    while (next < places.size() && places[next] == i) add(marked[next++]);
    if (i < fillers.size()) add(fillers[i]);
  }
  return text;
}

struct Question {
  std::vector<std::string> notes;
  std::string text, answer, wrong;
  std::string grader_kind;
};

std::vector<std::string> ShuffledPeople(Rng& rng) {
  std::vector<std::string> people(kPeople.begin(), kPeople.end());
  rng.Shuffle(people);
  return people;
}

Question Needle(Rng& rng) {
  Question q{{}, "", "", "", "numeric"};
  const std::vector<std::string> people = ShuffledPeople(rng);
  std::set<std::string> used;
  std::vector<std::string> codes;
  while (codes.size() < 8) {
    std::string code = Number(rng, 10000, 99999);
    if (used.insert(code).second) codes.push_back(std::move(code));
  }
  for (size_t i = 0; i < codes.size(); ++i) {
    q.notes.push_back("The number written on " + people[i] + "'s locker is " + codes[i] + '.');
  }
  rng.Shuffle(q.notes);
  q.text = "Which number is written on " + people[0] + "'s locker?";
  q.answer = codes[0];
  q.wrong = codes[1];
  return q;
}

Question Chain(Rng& rng) {
  Question q{{}, "", "", "", "text"};
  const std::vector<std::string> people = ShuffledPeople(rng);
  std::vector<std::string> things(kThings.begin(), kThings.end());
  std::vector<std::string> places(kPlaces.begin(), kPlaces.end());
  rng.Shuffle(things);
  rng.Shuffle(places);
  // Three chains of the same form, so that none stands out.
  for (size_t i = 0; i < 3; ++i) {
    const std::string& first = people[3 * i];
    const std::string& second = people[3 * i + 1];
    const std::string& third = people[3 * i + 2];
    q.notes.push_back(first + " lent the " + things[i] + " to " + second + '.');
    q.notes.push_back(second + " passed everything borrowed on to " + third + '.');
    q.notes.push_back(third + " keeps all borrowed things at " + places[i] + '.');
  }
  rng.Shuffle(q.notes);
  q.text = "At which place is the " + things[0] + " now? Name the place as the notes do.";
  q.answer = places[0];
  q.wrong = places[1];
  return q;
}

Question Total(Rng& rng, size_t bytes) {
  Question q{{}, "", "", "", "numeric"};
  const std::vector<std::string> people = ShuffledPeople(rng);
  std::vector<std::string> goods(kGoods.begin(), kGoods.end());
  rng.Shuffle(goods);
  uint64_t total = 0, last = 0;
  const size_t sales = 6 + bytes / 40'000;
  for (size_t i = 0; i < 3 * sales; ++i) {
    const bool counts = i < sales;
    const std::string& seller = counts ? people[0] : people[i % 4];
    const std::string& good = counts ? goods[0] : seller == people[0] ? goods[1] : goods[i % 3];
    const uint64_t amount = 2 + rng.Below(18);
    if (counts) total += last = amount;
    q.notes.push_back(seller + " sold " + std::to_string(amount) + ' ' + good + " at " +
                      Pick(rng, kPlaces) + '.');
  }
  rng.Shuffle(q.notes);
  q.text = "How many " + goods[0] + " did " + people[0] + " sell in all?";
  q.answer = std::to_string(total);
  q.wrong = std::to_string(total - last);
  return q;
}

Question Latest(Rng& rng) {
  Question q{{}, "", "", "", "numeric"};
  const std::vector<std::string> people = ShuffledPeople(rng);
  constexpr size_t kChanges = 7;
  std::set<std::string> used;
  for (size_t i = 0; i < kChanges; ++i) {
    for (size_t who = 0; who < 2; ++who) {
      std::string price = Number(rng, 120, 980);
      while (!used.insert(price).second) price = Number(rng, 120, 980);
      q.notes.push_back("From today, " + people[who] + " asks " + price +
                        " crowns for a ride to the coast.");
      if (who == 0) {
        q.wrong = q.answer;
        q.answer = price;
      }
    }
  }
  q.text =
      "After all these notes, how many crowns does " + people[0] + " ask for a ride to the coast?";
  return q;
}

Question Order(Rng& rng) {
  Question q{{}, "", "", "", "sequence"};
  const std::vector<std::string> people = ShuffledPeople(rng);
  constexpr size_t kVisitors = 6;
  for (size_t i = 0; i < kVisitors; ++i) {
    q.notes.push_back(people[i] + " brought grain to the mill and had it ground.");
    q.notes.push_back(people[kVisitors + i] + " walked past the mill without going in.");
    q.answer += (i == 0 ? "" : ", ") + people[i];
  }
  const size_t third = q.answer.find(", ", q.answer.find(", ") + 1);
  q.wrong = people[1] + ", " + people[0] + q.answer.substr(third);
  q.text =
      "Who had grain ground at the mill? List the six names in the order of the notes, separated "
      "by commas.";
  return q;
}

std::vector<std::string> Expected(const Question& q) {
  constexpr std::string_view kArticle = "the ";
  if (q.grader_kind == "text") return {q.answer, q.answer.substr(kArticle.size())};
  if (q.grader_kind != "sequence") return {q.answer};
  std::vector<std::string> elements;
  size_t start = 0;
  while (start < q.answer.size()) {
    const size_t end = std::min(q.answer.find(", ", start), q.answer.size());
    elements.push_back(q.answer.substr(start, end - start));
    start = end + 2;
  }
  return elements;
}

}  // namespace

LongItem MakeLongItem(const JsonLine& request) {
  const std::string kind = request.Text("kind");
  const auto bytes = static_cast<size_t>(kBytesPerToken * request.Integer("tokens", 256, 200'000));
  Rng rng(static_cast<uint64_t>(request.Integer("seed", 0, 1 << 30)));
  Question question;
  if (kind == "needle") {
    question = Needle(rng);
  } else if (kind == "chain") {
    question = Chain(rng);
  } else if (kind == "total") {
    question = Total(rng, bytes);
  } else if (kind == "latest") {
    question = Latest(rng);
  } else if (kind == "order") {
    question = Order(rng);
  } else {
    request.Refuse("'" + kind + "' is no kind of long prompt",
                   "needle, chain, total, latest or order");
  }
  LongItem item;
  item.prompt = "Here are the notes of a village, one day after the other.\n\n" +
                Chronicle(rng, bytes, question.notes) + "\nQuestion: " + question.text +
                "\nEnd your reply with a line of the form \"Answer: ...\" that holds the answer "
                "alone.";
  item.grader_kind = question.grader_kind;
  item.extract = "answer-line";
  item.expected = Expected(question);
  item.right_answers = {"Answer: " + question.answer};
  item.wrong_answers = {"Answer: " + question.wrong, question.answer + " is wrong.\nAnswer: none"};
  return item;
}

}  // namespace moebench
