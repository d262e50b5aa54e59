// main.cc: runs the registered cases; prints "N passed, N failed"; exit code 1 when any failed. Cases over kSlowSeconds are named, so that
// the whole stays quick under sanitizers.
#include <chrono>

#include "check.h"

namespace {
constexpr double kSlowSeconds = 5;
}

int main(int argc, char** argv) {
  int passed = 0, failed = 0;
  for (const auto& c : orrery::test::cases()) {
    if (argc > 1 && c.name.find(argv[1]) == std::string::npos) continue;
    const int before = orrery::test::failures();
    const auto start = std::chrono::steady_clock::now();
    c.body();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds > kSlowSeconds) std::cerr << "slow: " << seconds << " s: " << c.name << "\n";
    const bool ok = orrery::test::failures() == before;
    if (!ok) std::cerr << "FAILED " << c.name << "\n";
    (ok ? passed : failed)++;
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
