// A strict reader of metrics pages: text format 0.0.4 and OpenMetrics 1.0. What Prometheus accepts
// in silence is a fault here. Written from the formats' documents, without a look at the writer.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace apierrd::test {

struct StrictExemplar {
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct StrictSample {
  std::string name;
  std::map<std::string, std::string> labels;  ///< without escapes
  double value = 0;
  bool has_exemplar = false;
  StrictExemplar exemplar;
};

struct StrictFamily {
  std::string type, help, unit;
  bool has_help = false;
  std::vector<StrictSample> samples;
};

class StrictPage {
 public:
  /// Reads a whole page.
  StrictPage(std::string_view page, bool open_metrics);

  /// `line N: what is wrong`; empty if nothing is.
  const std::vector<std::string>& faults() const { return faults_; }
  const std::map<std::string, StrictFamily>& families() const { return families_; }

 private:
  void line(std::string_view text);
  void comment(std::string_view text);
  void describe(std::string_view keyword, std::string_view text);
  void sample(std::string_view text);
  void check_type(std::string_view type);
  void check_sample(const StrictSample& sample);
  void check_exemplar(const StrictSample& sample);
  void check_family(const std::string& name, const StrictFamily& family);
  void check_histogram(const std::string& name, const StrictFamily& family);
  bool take_labels(std::string_view& rest, std::map<std::string, std::string>& labels);
  bool take_value(std::string_view& rest, std::string& value);
  void fault(const std::string& what);

  bool open_metrics_;
  bool ended_ = false;
  std::size_t line_ = 0;
  std::map<std::string, StrictFamily> families_;
  std::string name_;                ///< of the family in hand
  StrictFamily* family_ = nullptr;  ///< the family in hand
  std::set<std::string> series_;
  std::vector<std::string> faults_;
};

}  // namespace apierrd::test
