// Serializable snapshot isolation: which of two or three transactions may not commit.
#include "../storage/serializable.h"
#include "check.h"

using namespace orrery::storage;

namespace {
using Read = Serializability::Read;
constexpr RelationId kTable = 7;

struct Fixture {
  Serializability s;
  CommitTs now = 1;
  void begin(Xid xid, bool read_only = false) {
    s.begin(xid, read_only);
    s.started(xid, now);
  }
  bool commit(Xid xid) {
    if (!s.refusal(xid).empty() || !s.may_commit(xid).empty()) {
      s.rolled_back(xid);
      return false;
    }
    s.committed(xid, ++now);
    return true;
  }
};
}  // namespace

TEST("serializable: write skew is refused, whoever commits second") {
  for (const bool by_scan : {false, true}) {
    Fixture f;
    f.begin(1);
    f.begin(2);
    for (const Xid xid : {1, 2}) {
      if (by_scan) f.s.read(xid, kTable, Read::kRelation, 0);
      else for (const RowId row : {1, 2}) f.s.read(xid, kTable, Read::kRow, row);
    }
    f.s.wrote(1, kTable, 1, false);
    f.s.wrote(2, kTable, 2, false);
    CHECK(f.commit(1));
    CHECK(!f.commit(2));
    CHECK(!f.s.active());
  }
}

TEST("serializable: one dependency is no danger") {
  Fixture f;
  f.begin(1);
  f.begin(2);
  f.s.read(1, kTable, Read::kRow, 1);
  f.s.wrote(2, kTable, 1, false);
  f.s.wrote(1, kTable, 9, false);
  CHECK(f.commit(2));
  CHECK(f.commit(1));
}

TEST("serializable: transactions one after the other do not meet") {
  Fixture f;
  f.begin(1);
  f.s.read(1, kTable, Read::kRelation, 0);
  f.s.wrote(1, kTable, 1, false);
  CHECK(f.commit(1));
  f.begin(2);
  f.s.read(2, kTable, Read::kRelation, 0);
  f.s.wrote(2, kTable, 2, false);
  CHECK(f.commit(2));
}

TEST("serializable: what an index was asked for and did not find counts for new rows only") {
  for (const bool is_new : {false, true}) {
    Fixture f;
    f.begin(1);
    f.begin(2);
    for (const Xid xid : {1, 2}) f.s.read(xid, kTable, Read::kNewRows, 0);
    f.s.wrote(1, kTable, 11, is_new);
    f.s.wrote(2, kTable, 12, is_new);
    CHECK(f.commit(1));
    CHECK_EQ(f.commit(2), !is_new);
  }
}

TEST("serializable: a reader may make two that have committed in the wrong order impossible") {
  Fixture f;
  f.begin(1);  // the pivot reads 1 and 2, writes 1
  f.s.read(1, kTable, Read::kRelation, 0);
  f.begin(2);
  f.s.wrote(2, kTable, 2, false);
  CHECK(f.commit(2));
  f.begin(3);  // sees 2's write, not 1's
  f.s.read(3, kTable, Read::kRelation, 0);
  CHECK(f.commit(3));
  f.s.wrote(1, kTable, 1, false);
  CHECK(!f.commit(1));
}
