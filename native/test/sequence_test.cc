// A number that a statement drew and did not use goes back, but never over one that came later.
#include "check.h"
#include "../storage/memory_log.h"
#include "../storage/sequence_store.h"

using namespace orrery;
using namespace orrery::storage;

namespace {

struct Sequences {
  MemoryLog log;
  TransactionManager manager{log};
  SequenceStore store{log, manager};
  Sequences() { store.create(1, {}); }
  SequenceStore::Drawn draw() {
    SequenceStore::Drawn drawn;
    CHECK(store.next(1, &drawn).is_ok());
    return drawn;
  }
};

}  // namespace

TEST("sequences: numbers go back in the reverse order, the first one too") {
  Sequences s;
  const auto one = s.draw(), two = s.draw();
  s.store.give_back(two);
  s.store.give_back(one);
  CHECK_EQ(s.draw().value, 1);
  for (int i = 2; i <= 100; i++) {  // over the values that are logged ahead
    s.store.give_back(s.draw());
    CHECK_EQ(s.draw().value, i);
  }
}

TEST("sequences: a number stays drawn once another came, or the sequence was set, be it to the same value") {
  Sequences s;
  const auto one = s.draw();
  (void)s.draw();
  s.store.give_back(one);
  CHECK_EQ(s.draw().value, 3);
  const auto four = s.draw();
  CHECK(s.store.set(1, 4, true).is_ok());
  s.store.give_back(four);
  CHECK_EQ(s.draw().value, 5);
  const auto six = s.draw();
  CHECK(s.store.set(1, 6, true).is_ok());
  ByteWriter checkpoint;
  s.store.save(checkpoint);
  s.store.give_back(six);
  CHECK_EQ(s.draw().value, 7);
}
