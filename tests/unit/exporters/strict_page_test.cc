// The strict reader that fuzzing judges pages by: it must find fault with each of these.
#include "tests/support/strict_page.h"

#include <gtest/gtest.h>

#include <span>
#include <utility>

namespace apierrd::test {
namespace {

std::string faults_of(std::string_view page, bool open_metrics) {
  std::string text;
  const StrictPage read(page, open_metrics);
  for (const std::string& fault : read.faults()) text += fault + "\n";
  return text;
}

constexpr char kGoodOpenMetrics[] =
    "# HELP a Some \\\\ text \\n of \\\" any kind.\n# TYPE a counter\n"
    "a_total{x=\"1\"} 1 # {id=\"r\"} 0.5 1.5\na_total{x=\"a\\\"b\\\\c\\nd\"} 2\n"
    "# TYPE b_seconds gauge\n# UNIT b_seconds seconds\nb_seconds NaN\n"
    "# TYPE c histogram\nc_bucket{le=\"0.5\"} 1 # {} 0.5\nc_bucket{le=\"+Inf\"} 2\nc_sum 1.5e+3\n"
    "c_count 2\n# TYPE d info\nd_info{v=\"1\"} 1\n# EOF\n";

constexpr char kGoodText[] =
    "# HELP a_total Text.\n# TYPE a_total counter\na_total 1\n# TYPE d_info gauge\nd_info 1\n";

TEST(StrictPage, FindsNoFaultWithGoodPages) {
  EXPECT_EQ(faults_of(kGoodOpenMetrics, true), "");
  EXPECT_EQ(faults_of(kGoodText, false), "");
  const StrictPage page(kGoodOpenMetrics, true);
  const StrictFamily& a = page.families().at("a");
  ASSERT_EQ(a.samples.size(), 2U);
  EXPECT_EQ(a.samples[1].labels.at("x"), "a\"b\\c\nd");
  EXPECT_EQ(a.samples[0].exemplar.labels.at("id"), "r");
  EXPECT_EQ(page.families().at("c").samples[2].value, 1500);
}

using FaultyPage = std::pair<std::string, const char*>;

void expect_faults(std::span<const FaultyPage> pages, bool open_metrics) {
  for (const auto& [page, fault] : pages) {
    EXPECT_NE(faults_of(page, open_metrics).find(fault), std::string::npos)
        << page << "wanted: " << fault << "\nfound: " << faults_of(page, open_metrics);
  }
}

TEST(StrictPage, FindsFaultWithOpenMetrics) {
  const std::string counter = "# TYPE a counter\n", eof = "# EOF\n";
  const std::string histogram = "# TYPE c histogram\n", end = "c_sum 1\nc_count 1\n# EOF\n";
  const FaultyPage pages[] = {
      {counter + "a_total 1\n", "no # EOF"},
      {counter + "a_total 1\n# EOF", "no newline"},
      {counter + eof + "a_total 1\n", "something follows # EOF"},
      {counter + "a 1\n" + eof, "another family"},
      {counter + "a_total -1\n" + eof, "below zero"},
      {counter + "a_total NaN\n" + eof, "below zero"},
      {counter + "a_total 0x1\n" + eof, "no value"},
      {counter + "a_total  1\n" + eof, "no value"},
      {counter + "a_total 1 \n" + eof, "something follows"},
      {counter + "a_total 1\na_total 2\n" + eof, "a series twice"},
      {counter + "a_total{x=\"1\",y=\"2\"} 1\na_total{y=\"2\",x=\"1\"} 1\n" + eof,
       "a series twice"},
      {counter + "a_total{x=\"1\",x=\"2\"} 1\n" + eof, "no name and labels"},
      {counter + "a_total{x=\"1\",} 1\n" + eof, "no name and labels"},
      {counter + "a_total{1x=\"1\"} 1\n" + eof, "no name and labels"},
      {counter + "a_total{x=\"a\\t\"} 1\n" + eof, "no name and labels"},
      {counter + "a_total{x=\"a\nb\"} 1\n" + eof, "no name and labels"},
      {counter + "a_total{x=\"\xFF\"} 1\n" + eof, "not UTF-8"},
      {counter + std::string("a_total{x=\"\0\"} 1\n", 18) + eof, "a NUL"},
      {counter + "\n" + eof, "no name"},
      {counter + "# some words\n" + eof, "unknown comment"},
      {counter + counter + eof, "described twice"},
      {counter + "a_total 1\n# HELP a x\n" + eof, "after its samples"},
      {counter + "# TYPE b gauge\nb 1\n# HELP a x\n" + eof, "in two places"},
      {"# TYPE a_total counter\na_total_total 1\n" + eof, "named _total"},
      {"# TYPE a_info info\na_info_info 1\n" + eof, "named _info"},
      {"# TYPE a info\na_info 2\n" + eof, "not 1"},
      {"# TYPE a untyped\na 1\n" + eof, "unknown type"},
      {"# HELP a bad \\q\n" + counter + eof, "unknown escape"},
      {"# TYPE a gauge\n# UNIT a seconds\n" + eof, "end in its unit"},
      {"a_total 1\n" + eof, "without a type"},
      {"# TYPE a gauge\na 1 # {} 1\n" + eof, "where none may be"},
      {counter + "a_total 1 # {x=\"" + std::string(128, 'y') + "\"} 1\n" + eof, "128 characters"},
      {counter + "a_total 1 # {x=\"1\"}\n" + eof, "cannot be read"},
      {histogram + "c_bucket{le=\"1\"} 1\n" + end, "no bucket +Inf"},
      {histogram + "c_bucket 1\n" + end, "without its bound"},
      {histogram + "c_bucket{le=\"1\"} 1\nc_bucket{le=\"0\"} 1\nc_bucket{le=\"+Inf\"} 1\n" + end,
       "out of order"},
      {histogram + "c_bucket{le=\"1\"} 2\nc_bucket{le=\"+Inf\"} 1\n" + end, "not cumulative"},
      {histogram + "c_bucket{le=\"+Inf\"} 2\n" + end, "another count"},
      {histogram + "c_bucket{le=\"+Inf\"} 1\nc_count 1\n# EOF\n", "no sum or count"},
      {histogram + "c_bucket{le=\"1\"} 1 # {} 2\nc_bucket{le=\"+Inf\"} 1\n" + end,
       "above its bucket"},
  };
  expect_faults(pages, true);
}

TEST(StrictPage, FindsFaultWithText) {
  const FaultyPage pages[] = {
      {"# TYPE a counter\na 1 # {x=\"1\"} 1\n", "outside OpenMetrics"},
      {"# TYPE a info\na 1\n", "unknown type"},
      {"# TYPE a gauge\n# UNIT a a\na 1\n", "outside OpenMetrics"},
      {"# HELP a \\\"\n# TYPE a gauge\na 1\n", "unknown escape"},
      {"# HELP a x\n", "no type"},
      {"# TYPE a gauge\na 1\n# EOF\n", "unknown comment"},
  };
  expect_faults(pages, false);
}

}  // namespace
}  // namespace apierrd::test
