// check.h: the C++ tests' harness. TEST("rule in words") { … } registers; CHECK(x), CHECK_EQ(a, b) report and go on.
// Every native/test/*_test.cc links into one runner (native/Makefile); an argument filters by substring of the name.
// Names that begin with "threads:" are the ones that also run under ThreadSanitizer.
#pragma once
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace orrery::test {
struct Case { std::string name; std::function<void()> body; };
inline std::vector<Case>& cases() { static std::vector<Case> all; return all; }
inline int& failures() { static int n = 0; return n; }
struct Register { Register(const char* name, std::function<void()> body) { cases().push_back({name, std::move(body)}); } };
inline void report(const char* file, int line, const std::string& what) {
  failures()++;
  std::cerr << "  " << file << ":" << line << ": " << what << "\n";
}
}  // namespace orrery::test

#define ORRERY_JOIN2(a, b) a##b
#define ORRERY_JOIN(a, b) ORRERY_JOIN2(a, b)
#define TEST(name)                                                                                              \
  static void ORRERY_JOIN(test_body_, __LINE__)();                                                              \
  static const ::orrery::test::Register ORRERY_JOIN(test_register_, __LINE__)(name, ORRERY_JOIN(test_body_, __LINE__)); \
  static void ORRERY_JOIN(test_body_, __LINE__)()
#define CHECK(x) do { if (!(x)) ::orrery::test::report(__FILE__, __LINE__, #x); } while (0)
#define CHECK_EQ(a, b)                                                                   \
  do {                                                                                   \
    const auto va = (a); const auto vb = (b);                                            \
    if (!(va == vb)) ::orrery::test::report(__FILE__, __LINE__, std::string(#a " == " #b)); \
  } while (0)
