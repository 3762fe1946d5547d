// One part of a report beneath a model's main table: a table, a chart of the same figures, and the
// words around them, the same in HTML and Markdown. Text is raw: whoever prints it escapes it.
//   ReportSection s{.title = "Latency", .caption = "...", .table = table, .chart = chart};
// Plain data. A part that has nothing to tell has an empty table and is left out.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moebench {

struct TableEntry {
  std::string value, note;  // "845.0 [840, 850], n=6"; "×1.38 plain, 72 % accepted"
  bool best = false;        // the recommended setting
};
struct TextTable {
  std::vector<std::string> head;  // of the columns, the row labels' first
  struct Row {
    std::string label;
    std::vector<TableEntry> entries;  // one for each column after the first
  };
  std::vector<Row> rows;
  bool empty() const { return rows.empty(); }
};

// A chart over named places of the x axis. Not a number: nothing is drawn there.
struct ChartValue {
  double v = std::numeric_limits<double>::quiet_NaN();
  double lo = std::numeric_limits<double>::quiet_NaN();  // ends of a whisker; none without both
  double hi = std::numeric_limits<double>::quiet_NaN();
  std::string text;     // what the tooltip says; empty: series, place and value
  bool marked = false;  // drawn to stand out: a change point
};
struct ChartSeries {
  std::string name;
  std::vector<ChartValue> values;  // one for each place
};
struct ReportChart {
  // kHeat: a series is a row of fields, coloured by v from 0 to the largest.
  enum class Kind { kBars, kLines, kHeat };
  enum class Scale { kLinear, kFromZero, kLog, kPercent };
  Kind kind = Kind::kBars;
  Scale scale = Scale::kFromZero;
  std::string caption;  // what the chart shows and how to read it, one or two sentences
  std::string x_title, y_title;
  std::vector<std::string> x;  // names of the places
  std::vector<ChartSeries> series;
  std::string level_name;  // of a dashed line across; empty: none
  double level = 0;
};

struct ReportSection {
  std::string title, caption;
  TextTable table;
  std::optional<ReportChart> chart = std::nullopt;
  std::vector<std::string> notes = {};                             // sentences beneath the table
  std::vector<std::pair<std::string, std::string>> commands = {};  // program, line to be copied
};

}  // namespace moebench
