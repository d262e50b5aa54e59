// Snapshots that one transaction publishes and others begin with.
#include "../storage/exported_snapshots.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;
using Answer = ExportedSnapshots::Answer;

namespace {

struct Published {
  Database db{true};
  ExportedSnapshots snapshots{db.manager};
  RowId first = 0;

  Published() {
    Transaction* t = db.begin();
    CHECK(db.insert(t, {{1, "before"}}, &first).is_ok());
    db.commit(t);
  }
  void change(const std::string& value) {
    Transaction* t = db.begin();
    CHECK(db.update(t, {1, value, first}).is_ok());
    db.commit(t);
  }
};

}  // namespace

TEST("exported snapshots: what begins with one sees its moment, and vacuum leaves it, until the last user is gone") {
  Published p;
  Transaction* source = p.db.begin();
  const std::string name = p.snapshots.publish(*source, 7, false);
  // At read committed the source goes on to a later snapshot; the published one stays.
  p.change("after");
  p.db.manager.next_command(*source);
  Transaction* reader = nullptr;
  CHECK(p.snapshots.begin_with(name, Isolation::kRepeatableRead, 8, false, &reader) == Answer::kTaken);
  p.db.commit(source);
  Transaction* late = nullptr;
  CHECK(p.snapshots.begin_with(name, Isolation::kRepeatableRead, 9, false, &late) == Answer::kUnknown);
  CHECK(late == nullptr);
  for (int i = 0; i < 20; i++) {
    p.change("later" + std::to_string(i));
    for (int steps = 0; steps < 10 && p.db.rows.vacuum(*p.db.table, true); steps++) {}
  }
  const std::vector<Row> seen = p.db.scan(reader->snapshot());
  CHECK_EQ(seen.size(), std::size_t{1});
  CHECK_EQ(seen[0].value, std::string("before"));
  CHECK_EQ(p.db.manager.oldest_needed(), reader->snapshot().read_ts);
  p.db.manager.rollback(reader);
  CHECK_EQ(p.db.manager.oldest_needed(), p.db.manager.newest());
}

TEST("exported snapshots: serializable ones take only those of serializable transactions, writers none of readers") {
  Published p;
  Transaction* plain = p.db.begin(Isolation::kRepeatableRead);
  Transaction* serial = p.db.manager.begin(Isolation::kSerializable, 1, true);
  const std::string of_plain = p.snapshots.publish(*plain, 1, false);
  const std::string of_serial = p.snapshots.publish(*serial, 2, true);
  CHECK(of_plain != of_serial);
  CHECK(p.snapshots.publish(*plain, 1, false) != of_plain);
  Transaction* t = nullptr;
  CHECK(p.snapshots.begin_with(of_plain, Isolation::kSerializable, 3, true, &t) == Answer::kSourceNotSerializable);
  CHECK(p.snapshots.begin_with(of_serial, Isolation::kSerializable, 3, false, &t) == Answer::kSourceReadOnly);
  CHECK(t == nullptr);
  CHECK(p.snapshots.begin_with(of_serial, Isolation::kSerializable, 3, true, &t) == Answer::kTaken);
  p.db.manager.rollback(t);
  p.db.manager.rollback(plain);
  p.db.manager.rollback(serial);
  CHECK(p.snapshots.begin_with(of_plain, Isolation::kRepeatableRead, 3, false, &t) == Answer::kUnknown);
}
