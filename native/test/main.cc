// main.cc: runs the registered cases; prints "N passed, N failed"; exit code 1 when any failed.
#include <cstring>

#include "check.h"

int main(int argc, char** argv) {
  int passed = 0, failed = 0;
  for (const auto& c : orrery::test::cases()) {
    if (argc > 1 && c.name.find(argv[1]) == std::string::npos) continue;
    const int before = orrery::test::failures();
    c.body();
    const bool ok = orrery::test::failures() == before;
    if (!ok) std::cerr << "FAILED " << c.name << "\n";
    (ok ? passed : failed)++;
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
