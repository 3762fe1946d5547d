#include "harness/config/sweep_spec.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/suggest.h"
#include "harness/config/kv_type.h"
#include "harness/config/scalars.h"

namespace moebench {
namespace {

constexpr uint64_t kMaxYamlBytes = 1 << 20;
constexpr size_t kMaxDepth = 32;

std::string PlaceOf(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null()) return name + ":1:1";
  return name + ':' + std::to_string(mark.line + 1) + ':' + std::to_string(mark.column + 1);
}

[[noreturn]] void Refuse(const std::string& where, const std::string& what,
                         const std::string& hint) {
  throw Error{what, where, hint, ExitCode::kConfig};
}

// First pass over the text: refuses what would make the second one unsafe.
class Guard : public YAML::EventHandler {
 public:
  explicit Guard(std::string name) : name_(std::move(name)) {}

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(PlaceOf(name_, mark), "aliases (*name) are not taken here", "write the value out");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Enter(mark);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Enter(mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      Refuse(PlaceOf(name_, mark), "a second document begins",
             "keep one: is there a '---', or a line too far to the left?");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}

  // What never ends is told of by the parser without its place: it is where it began.
  YAML::Mark PlaceOfError(const YAML::Exception& error) const {
    return error.msg.starts_with("end of") && !open_.empty() ? open_.back() : error.mark;
  }

 private:
  void Enter(const YAML::Mark& mark) {
    open_.push_back(mark);
    if (open_.size() > kMaxDepth) {
      Refuse(PlaceOf(name_, mark), "is nested more than 32 levels deep",
             "no key here needs more than four");
    }
  }
  std::string name_;
  std::vector<YAML::Mark> open_;  // where the lists and maps began that have not ended
  int documents_ = 0;
};

// One value of the document with its place and the name of its key.
struct Value {
  YAML::Node node;
  std::string key;
  std::string file;

  std::string Where() const { return PlaceOf(file, node.Mark()); }
  ScalarPlace Place() const { return {Where(), key, static_cast<int>(ExitCode::kConfig)}; }

  std::string Text() const {
    if (!node.IsScalar()) {
      Refuse(Where(), key + ": must be a single value", "write '" + key + ": VALUE'");
    }
    return node.Scalar();
  }
  std::string FilledText() const {  // of what names a file
    if (Text().empty())
      Refuse(Where(), key + ": the name is empty", "name it, or leave the key out");
    return Text();
  }
  bool IsAuto() const { return node.IsScalar() && node.Scalar() == "auto"; }
  double Decimal() const {
    const std::string text = Text();
    double number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !(number > 0 && number < 1e6)) {
      Refuse(Where(), key + ": '" + text.substr(0, 40) + "' is not a number above 0",
             "write it like 2.5");
    }
    return number;
  }
  int Integer(int lowest, int highest) const {
    return static_cast<int>(ParseInteger(Text(), lowest, highest, Place()));
  }
  // A list, or a single value that stands for a list of one.
  std::vector<Value> Items() const {
    if (node.IsScalar()) return {*this};
    if (!node.IsSequence()) Refuse(Where(), key + ": must be a list", "write [a, b]");
    std::vector<Value> items;
    for (const YAML::Node& item : node) items.push_back({item, key, file});
    if (items.empty()) Refuse(Where(), key + ": the list is empty", "write auto, or leave it out");
    return items;
  }
};

using Keys = std::map<std::string, std::function<void(const Value&)>>;

void ReadMap(const Value& map, const Keys& keys) {
  if (!map.node.IsMap()) {
    Refuse(map.Where(), (map.key.empty() ? "the document" : map.key) + " must be a map",
           "write 'key: value' lines");
  }
  std::vector<std::string> known;
  for (const auto& [name, read] : keys) known.push_back(name);
  std::set<std::string> seen;
  for (const auto& entry : map.node) {
    const std::string where = PlaceOf(map.file, entry.first.Mark());
    if (!entry.first.IsScalar()) Refuse(where, "a key must be a single word", "write 'key: value'");
    const std::string name = entry.first.Scalar();
    const auto found = keys.find(name);
    if (found == keys.end()) {
      Refuse(
          where,
          "'" + name.substr(0, 80) + "' is not a key" + (map.key.empty() ? "" : " of " + map.key),
          SuggestName(name, known));
    }
    if (!seen.insert(name).second) Refuse(where, "'" + name + "' stands here twice", "keep one");
    found->second({entry.second, name, map.file});
  }
}

std::string Resolve(const std::filesystem::path& folder, const std::string& path) {
  return std::filesystem::path(path).is_absolute() ? path
                                                   : (folder / path).lexically_normal().string();
}

// A name without a slash that is no file here is the name of a bundled suite.
std::string ResolveSuite(const std::filesystem::path& folder, const std::string& suite) {
  const bool bare = suite.find('/') == std::string::npos && suite.find('.') == std::string::npos;
  return bare && !std::filesystem::exists(folder / suite) ? suite : Resolve(folder, suite);
}

// A path, or {path: M.gguf, draft: D.gguf} for a model with a draft model of its own.
void ReadModel(const Value& value, const std::filesystem::path& folder, SweepSpec& spec) {
  if (value.node.IsScalar()) {
    spec.models.push_back(Resolve(folder, value.FilledText()));
    return;
  }
  std::string path, draft;
  bool has_draft = false;
  ReadMap(value, {{"path", [&](const Value& v) { path = Resolve(folder, v.FilledText()); }},
                  {"draft", [&](const Value& v) {
                     has_draft = true;
                     draft = v.Text() == "none" ? "" : Resolve(folder, v.FilledText());
                   }}});
  if (path.empty()) Refuse(value.Where(), "the model has no path", "add 'path: MODEL.gguf'");
  spec.models.push_back(path);
  if (has_draft) spec.drafts[path] = draft;
}

void ReadDocument(const Value& root, const std::filesystem::path& folder, const KnownNames& known,
                  SweepSpec& spec) {
  const auto integers = [](const Value& value, int lowest, int highest) {
    std::vector<int> numbers;
    if (value.IsAuto()) return numbers;
    for (const Value& item : value.Items()) numbers.push_back(item.Integer(lowest, highest));
    return numbers;
  };
  const auto names = [](const Value& value, const std::vector<std::string>& among,
                        const std::string& kind) {
    std::vector<std::string> list;
    if (value.IsAuto()) return list;
    for (const Value& item : value.Items()) {
      list.push_back(ParseName(item.Text(), among, kind, item.Place()));
    }
    return list;
  };
  std::string max_sessions_at = root.Where();
  const Keys axes = {
      {"experts", [&](const Value& v) { spec.experts = integers(v, 1, 4096); }},
      {"decoding",
       [&](const Value& v) { spec.decoding = names(v, known.decodings, "a way of decoding"); }},
      {"placement",
       [&](const Value& v) {
         spec.placement.clear();
         if (v.IsAuto()) return;
         for (const Value& item : v.Items()) {  // what follows the policy is not known here
           const std::string name = item.Text();
           ParseName(name.substr(0, name.find_first_of(":/@")), known.placements, "a policy",
                     item.Place());
           spec.placement.push_back(name);
         }
       }},
      {"threads", [&](const Value& v) { spec.threads = integers(v, 1, 4096); }},
      {"instances",
       [&](const Value& v) {
         spec.instances.clear();
         if (v.IsAuto()) return;
         for (const Value& item : v.Items()) {
           spec.instances.push_back(ParseInstances(item.Text(), item.Place()));
         }
       }},
  };
  const Keys speculation = {
      {"draft_tokens",
       [&](const Value& v) { spec.draft_tokens = ParseDraftTokens(v.Text(), v.Place()); }},
      {"min_probability",
       [&](const Value& v) { spec.min_probability = ParseProbability(v.Text(), v.Place()); }},
      {"recurrent",
       [&](const Value& v) {
         spec.recurrent.clear();  // auto is a name here
         for (const Value& item : v.Items()) {
           spec.recurrent.push_back(
               ParseName(item.Text(), RecurrentModes(), "a way back", item.Place()));
         }
       }},
  };
  const Keys measure = {
      {"sessions", [&](const Value& v) { spec.sessions = v.Integer(1, 1000); }},
      {"max_sessions",
       [&](const Value& v) {
         spec.max_sessions = v.Integer(1, 1000);
         max_sessions_at = v.Where();
       }},
      {"interval", [&](const Value& v) { spec.interval = ParsePercent(v.Text(), v.Place()); }},
      {"trials", [&](const Value& v) { spec.trials = v.Integer(1, 1000); }},
      {"max_tokens", [&](const Value& v) { spec.max_tokens = v.Integer(16, 1 << 20); }},
      {"kv",
       [&](const Value& v) {
         spec.kv = ParseName(v.Text(), KvTypeNames(), "a type of the KV cache", v.Place());
       }},
      {"controls", [&](const Value& v) { spec.controls = v.Integer(0, 16); }},
      {"seed", [&](const Value& v) { spec.seed = static_cast<uint64_t>(v.Integer(0, 1 << 30)); }},
  };
  const Keys quality = {
      {"items",
       [&](const Value& v) { spec.items = v.Text() == "all" ? 0 : v.Integer(1, 1 << 20); }},
      {"flag_below", [&](const Value& v) { spec.flag_below = ParsePercent(v.Text(), v.Place()); }},
      {"divergence_windows",
       [&](const Value& v) { spec.divergence_windows = v.Integer(0, 1 << 16); }},
  };
  const Keys limits_of_judge = {
      {"requests", [&](const Value& v) { spec.judge.max_requests = v.Integer(1, 1 << 30); }},
      {"usd", [&](const Value& v) { spec.judge.max_usd = v.Decimal(); }},
  };
  const Keys price = {
      {"input", [&](const Value& v) { spec.judge.usd_per_million_input = v.Decimal(); }},
      {"output", [&](const Value& v) { spec.judge.usd_per_million_output = v.Decimal(); }},
  };
  const Keys judge = {
      {"kind",
       [&](const Value& v) {
         spec.judge.kind = ParseName(v.Text(), JudgeKinds(), "a kind of judge", v.Place());
       }},
      {"model", [&](const Value& v) { spec.judge.model = v.Text(); }},
      {"url", [&](const Value& v) { spec.judge.url = v.Text(); }},
      {"key_file", [&](const Value& v) { spec.judge.key_file = Resolve(folder, v.Text()); }},
      {"key_env", [&](const Value& v) { spec.judge.key_env = v.Text(); }},
      {"command",
       [&](const Value& v) {
         for (const Value& item : v.Items()) spec.judge.command.push_back(item.Text());
       }},
      {"items", [&](const Value& v) { spec.judge.items = v.Integer(1, 1 << 20); }},
      {"budget", [&](const Value& v) { ReadMap(v, limits_of_judge); }},
      {"price", [&](const Value& v) { ReadMap(v, price); }},
      {"private_network",
       [&](const Value& v) {
         const std::string word = ParseName(v.Text(), {"yes", "no"}, "yes or no", v.Place());
         spec.judge.private_network = word == "yes";
       }},
  };
  const Keys limits = {
      {"load",
       [&](const Value& v) { spec.load_timeout_s = ParseDurationSeconds(v.Text(), v.Place()); }},
      {"hang",
       [&](const Value& v) { spec.hang_timeout_s = ParseDurationSeconds(v.Text(), v.Place()); }},
      {"request",
       [&](const Value& v) { spec.request_timeout_s = ParseDurationSeconds(v.Text(), v.Place()); }},
      {"budget",
       [&](const Value& v) { spec.budget_s = ParseDurationSeconds(v.Text(), v.Place()); }},
  };
  ReadMap(
      root,
      {
          {"models",
           [&](const Value& v) {
             for (const Value& item : v.Items()) ReadModel(item, folder, spec);
           }},
          {"runner",
           [&](const Value& v) {
             spec.runner = ParseName(v.Text(), known.runners, "a runner", v.Place());
           }},
          {"fake_script",
           [&](const Value& v) { spec.fake_script = Resolve(folder, v.FilledText()); }},
          {"draft", [&](const Value& v) { spec.draft = Resolve(folder, v.FilledText()); }},
          {"suite", [&](const Value& v) { spec.suite = ResolveSuite(folder, v.FilledText()); }},
          {"database", [&](const Value& v) { spec.database = Resolve(folder, v.FilledText()); }},
          {"axes", [&](const Value& v) { ReadMap(v, axes); }},
          {"speculation", [&](const Value& v) { ReadMap(v, speculation); }},
          {"measure", [&](const Value& v) { ReadMap(v, measure); }},
          {"quality", [&](const Value& v) { ReadMap(v, quality); }},
          {"limits", [&](const Value& v) { ReadMap(v, limits); }},
          {"judge", [&](const Value& v) { ReadMap(v, judge); }},
      });
  if (spec.decoding.empty()) spec.decoding = {"plain"};
  if (spec.max_sessions > 0 && spec.max_sessions < spec.sessions) {
    Refuse(max_sessions_at, "measure: max_sessions is below sessions",
           "it is the cap for settings that need more; leave it out for none");
  }
}

}  // namespace

std::string DraftOf(const SweepSpec& spec, const std::string& model_path) {
  const auto own = spec.drafts.find(model_path);
  return own == spec.drafts.end() ? spec.draft : own->second;
}

const std::vector<std::string>& RecurrentModes() {
  static const std::vector<std::string> modes = {"auto", "rollback", "checkpoint", "off"};
  return modes;
}

std::string ParseInstances(std::string_view text, const ScalarPlace& place) {
  if (text == "node" || text == "l3") return std::string(text);
  return std::to_string(ParseInteger(text, 1, 4096, place));
}

int ParseDraftTokens(std::string_view text, const ScalarPlace& place) {
  if (text == "auto") return 0;
  return static_cast<int>(ParseInteger(text, 1, kMaxDraftTokens, place));
}

const std::vector<std::string>& JudgeKinds() {
  static const std::vector<std::string> kinds = {"anthropic", "openai", "gguf", "command"};
  return kinds;
}

SweepSpec ParseSweepSpec(const std::string& yaml, const std::string& name,
                         const std::filesystem::path& folder, const KnownNames& known) {
  SweepSpec spec;
  if (const size_t at = yaml.find('\0'); at != std::string::npos) {
    const auto line = std::count(yaml.begin(), yaml.begin() + static_cast<ptrdiff_t>(at), '\n');
    Refuse(name + ':' + std::to_string(line + 1), "holds a NUL byte",
           "is it a text file, in UTF-8?");
  }
  Guard guard(name);
  try {
    std::istringstream text(yaml);
    YAML::Parser parser(text);
    parser.HandleNextDocument(guard);
    parser.HandleNextDocument(guard);
    ReadDocument({YAML::Load(yaml), "", name}, folder, known, spec);
  } catch (const YAML::Exception& error) {
    Refuse(PlaceOf(name, guard.PlaceOfError(error)), "is not YAML: " + error.msg,
           "check the indentation and quotes");
  }
  return spec;
}

SweepSpec LoadSweepSpec(const std::filesystem::path& yaml_path, const KnownNames& known) {
  std::string text;
  try {
    text = ReadFile(yaml_path, kMaxYamlBytes);
  } catch (const Error& error) {
    Refuse(error.where(), error.problem(), error.hint());
  }
  return ParseSweepSpec(text, yaml_path.string(), yaml_path.parent_path(), known);
}

}  // namespace moebench
