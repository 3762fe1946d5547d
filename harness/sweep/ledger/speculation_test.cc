// Ledger 25 to 28: guesses that changed the text, or were never made.
#include "harness/sweep/ledger/ledger.h"

namespace moebench::ledger {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class SpeculationLedger : public Ledger {
 protected:
  SpeculationLedger() {
    spec_.experts = {4};
    spec_.decoding = {"plain", "lookup"};
    abilities_.capabilities = {"decoding:lookup", "recurrent:rollback"};
  }
  void Guess(const FakeSpeculation& how) { script_.speculation["lookup"] = how; }
  CellView Lookup(int k) const {
    const SweepView view = View();
    for (const CellView& cell : view.models.at(0).cells) {
      if (cell.record.cell.k == k && cell.record.cell.decoding == "lookup") return cell;
    }
    throw Error{"no such cell", "ledger"};
  }
};

TEST_F(SpeculationLedger, N25_CorruptTextUnderPlainDecodingsQuality) {
  Guess({.diverges_at = 6, .diverges_gap = 0.8});
  Sweep();
  EXPECT_THAT(Lookup(4).status, AllOf(StartsWith("failed(parity: "), HasSubstr("token 7")));
  EXPECT_EQ(Lookup(4).decode_tps.n, 0);
  EXPECT_EQ(CellAt(4).status, "ok") << "the plain cell";
}

TEST_F(SpeculationLedger, N26_ALookupThatRepliesToItselfIsNamed) {
  Guess({.acceptance = {{8, 0.99}, {4, 0.99}}});
  Sweep();
  EXPECT_THAT(Reasons(Lookup(4)), HasSubstr("acceptance"));
  EXPECT_THAT(Reasons(Lookup(4)), HasSubstr("warning: "));
}

TEST_F(SpeculationLedger, N27_DraftLengthsThatWereOneConfiguration) {
  spec_.draft_tokens = 2;
  Guess({.guesses = 4});
  wrap_ = [](std::unique_ptr<Runner> runner, int) -> std::unique_ptr<Runner> {
    class Deaf : public Runner {  // passes the length on to nobody
     public:
      explicit Deaf(std::unique_ptr<Runner> inner) : inner_(std::move(inner)) {}
      ModelFacts Inspect(const std::string& path) override { return inner_->Inspect(path); }
      LoadReport Load(const LoadRequest& r, const Progress& p) override {
        return inner_->Load(r, p);
      }
      void Warm() override { inner_->Warm(); }
      GenerateResult Generate(const GenerateRequest& request) override {
        GenerateRequest other = request;
        other.speculation.draft_tokens = 0;
        return inner_->Generate(other);
      }
      MeasureResult Measure(const MeasureRequest& request) override {
        return inner_->Measure(request);
      }
      PlacementProof ReadPlacement() override { return inner_->ReadPlacement(); }

     private:
      std::unique_ptr<Runner> inner_;
    };
    return std::make_unique<Deaf>(std::move(runner));
  };
  Sweep();
  EXPECT_THAT(Lookup(4).status, StartsWith("invalid(not_obeyed: asked for at most 2 guesses"));
}

TEST_F(SpeculationLedger, N28_HybridsWithoutAWayBack) {
  script_.model.n_recurrent_layers = 1;
  abilities_.capabilities = {"decoding:lookup"};
  Guess({});
  Sweep();
  EXPECT_THAT(Lookup(4).status, StartsWith("skipped(ssm: 1 recurrent layers"));
}

}  // namespace
}  // namespace moebench::ledger
