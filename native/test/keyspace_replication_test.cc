// The stream for replicas: what effects become, offsets, backlog and limits.
#include <array>
#include <string>
#include <vector>

#include "../keyspace/effect_commands.h"
#include "../keyspace/executor.h"
#include "../keyspace/replica_apply.h"
#include "../keyspace/replication_feed.h"
#include "../storage/log.h"
#include "check.h"
#include "command_table.h"

using namespace orrery;
using namespace orrery::keyspace;

namespace {

std::string command(const std::vector<std::string_view>& args) {
  std::string out;
  write_command(out, args);
  return out;
}

std::vector<std::uint8_t> effect(Effect operation, const std::function<void(ByteWriter&)>& write) {
  ByteWriter payload;
  write(payload);
  storage::EffectBuffer effects;
  effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(operation), payload.span());
  return {effects.span().begin(), effects.span().end()};
}

std::vector<std::uint8_t> set_effect(std::uint8_t db, std::string_view key, std::string_view value) {
  return effect(Effect::kSetString, [&](ByteWriter& w) {
    w.u8(db);
    w.string(key);
    w.i64(0);
    w.string(value);
  });
}

std::string read_all(ReplicationFeed& feed, std::uint64_t replica) {
  std::string out;
  std::array<char, 1000> buffer;
  for (std::int64_t n; (n = feed.read(replica, buffer)) > 0;) out.append(buffer.data(), static_cast<std::size_t>(n));
  return out;
}

}  // namespace

TEST("replication: a record of one effect is one command, of several a transaction; databases are selected once") {
  std::string out;
  int db = -1;
  write_effects_as_commands(out, set_effect(3, "k", "v"), &db);
  CHECK(out == command({"SELECT", "3"}) + command({"SET", "k", "v"}));
  out.clear();
  std::vector<std::uint8_t> two = set_effect(3, "a", "1");
  const auto more = effect(Effect::kListRemove, [](ByteWriter& w) {
    w.u8(3);
    w.string("l");
    w.i64(-2);
    w.string("x");
  });
  two.insert(two.end(), more.begin(), more.end());
  write_effects_as_commands(out, two, &db);
  CHECK(out == command({"MULTI"}) + command({"SET", "a", "1"}) + command({"LREM", "l", "-2", "x"}) + command({"EXEC"}));
  out.clear();
  const auto flush = effect(Effect::kFlush, [](ByteWriter& w) { w.u8(0); });
  write_effects_as_commands(out, flush, &db);
  CHECK(out == command({"SELECT", "0"}) + command({"FLUSHDB"}));
}

TEST("replication: a replica reads on from its offset while the backlog has it, and is dropped when it is too far behind") {
  ReplicationFeed feed;
  std::vector<std::uint64_t> heard;
  feed.set_post([&](std::uint64_t, std::uint64_t token) { heard.push_back(token); });
  feed.configure(100'000, 1 << 20);
  feed.record(set_effect(0, "before", "v"));  // nobody follows: in no history
  const auto first = feed.attach_at_end(1, 11, "a:1", RdbContents::kRedis7);
  CHECK(read_all(feed, first.id).empty());
  feed.record(set_effect(0, "k", "v"));
  CHECK(heard == std::vector<std::uint64_t>{11});
  const std::string stream = read_all(feed, first.id);
  CHECK(stream == command({"SELECT", "0"}) + command({"SET", "k", "v"}));
  const std::string id = feed.state().id;
  const std::uint64_t end = feed.state().end_offset;
  CHECK(end == first.position + stream.size());
  feed.detach(first.id);
  feed.record(set_effect(0, "k", "w"));
  ReplicationFeed::Replica again;
  CHECK(!feed.attach_at("another", end, 1, 12, "a:1", RdbContents::kWhole, &again));
  CHECK(!feed.attach_at(id, feed.state().end_offset + 1, 1, 12, "a:1", RdbContents::kWhole, &again));
  CHECK(feed.attach_at(id, end, 1, 12, "a:1", RdbContents::kWhole, &again));
  CHECK(read_all(feed, again.id) == command({"SET", "k", "w"}));
  const std::string value(50'000, 'x');
  for (int i = 0; i < 10; i++) feed.record(set_effect(0, "k", value));
  ReplicationFeed::Replica late;
  CHECK(!feed.attach_at(id, end, 1, 13, "b:1", RdbContents::kWhole, &late));  // beyond the backlog
  CHECK(read_all(feed, again.id).size() > 500'000);      // kept for the one that is attached
  for (int i = 0; i < 30; i++) feed.record(set_effect(0, "k", value));
  std::array<char, 10> buffer;
  CHECK(feed.read(again.id, buffer) == -1);
  CHECK(feed.state().replicas.empty());
  CHECK(feed.state().end_offset - feed.state().first_offset <= 100'000);
}

TEST("replication: what a stream applied and its position are one record; a transaction waits for its end") {
  std::vector<std::vector<std::uint8_t>> records;
  Keyspace keyspace(
      [&](std::span<const std::uint8_t> effects) {
        records.emplace_back(effects.begin(), effects.end());
        return static_cast<storage::Lsn>(records.size());
      },
      [&] { return static_cast<storage::Lsn>(records.size()); });
  // The table belongs to the process: another test may have filled it, with SET too.
  test::define_test_commands();
  Session session;
  session.replicates = true;
  ReplicaStream stream;
  session.db = 1;
  const std::string whole = command({"SET", "a", "1"});
  const std::string open = command({"MULTI"}) + command({"SET", "b", "2"});
  const std::string rest = command({"SET", "c", "3"}) + command({"EXEC"});
  auto applied = apply_stream(keyspace, session, stream, whole + open, "history", 100);
  CHECK(applied.consumed == whole.size());
  CHECK(records.size() == 1);
  std::string position;
  CHECK(keyspace.side.get(SideSpace::kReplication, "position", &position));
  CHECK(position == "history " + std::to_string(100 + whole.size()) + " 1");
  for (std::size_t cut = 1; cut < rest.size(); cut++) {
    applied = apply_stream(keyspace, session, stream, open + rest.substr(0, cut), "history", 100 + whole.size());
    CHECK(applied.consumed == 0);
  }
  applied = apply_stream(keyspace, session, stream, open + rest, "history", 100 + whole.size());
  CHECK(applied.consumed == open.size() + rest.size());
  CHECK(applied.errors == 0);
  CHECK(records.size() == 2);
  const std::string key = "c";
  CHECK(keyspace.shard(Keyspace::shard_index(key)).databases[1].keys.find(key) != nullptr);
  applied = apply_stream(keyspace, session, stream, "nonsense '\r\n", "history", 0);
  CHECK(applied.stop == AppliedStream::Stop::kProtocol);
}

namespace {

std::vector<std::uint8_t> times_effect(std::string_view key, std::initializer_list<std::pair<std::int64_t, std::string_view>> times) {
  return effect(Effect::kHashExpire, [&](ByteWriter& w) {
    w.u8(0);
    w.string(key);
    w.varint(times.size());
    for (const auto& [when, field] : times) {
      w.i64(when);
      w.string(field);
    }
  });
}

/// A keyspace whose records go into a stream, and one that applies it.
struct Pair {
  std::string stream;
  int db = -1;
  std::size_t enveloped = 0;
  Keyspace primary{[this](std::span<const std::uint8_t> effects) {
                     enveloped += write_effects_as_commands(stream, effects, &db);
                     return storage::Lsn{1};
                   },
                   [] { return storage::Lsn{1}; }};
  Keyspace replica{[](std::span<const std::uint8_t>) { return storage::Lsn{1}; }, [] { return storage::Lsn{1}; }};
  Session session, applying;
  ReplicaStream state;

  Pair() {
    test::define_test_commands();
    applying.replicates = true;
    replica.set_replica(true, true);
  }
  void run(std::initializer_list<std::string_view> words) {
    storage::Xid wait = 0;
    CHECK(Executor(primary).execute(session, std::span<const std::string_view>(words.begin(), words.size()), now_millis(), &wait) == Outcome::kDone);
    CHECK(session.reply.size() > 0);
    CHECK(session.reply.data()[0] != '-');
    session.reply.clear();
  }
  /// What was written so far reaches the replica.
  void catch_up() {
    const auto applied = apply_stream(replica, applying, state, stream, "history", 0);
    CHECK_EQ(applied.error, std::string());
    CHECK_EQ(applied.consumed, stream.size());
    stream.clear();
  }
  static std::string digest(Keyspace& keyspace) {
    Digest d;
    keyspace.digest(d);
    return d.hex();
  }
};

}  // namespace

TEST("replication: times of fields go inside ECHO, neighbours of one time together") {
  std::string out;
  int db = 0;
  CHECK_EQ(write_effects_as_commands(out, times_effect("h", {{5, "a"}, {5, "b"}, {0, "c"}}), &db), 2u);
  const std::string first = std::string(kEnvelope) + command({"HPEXPIREAT", "h", "5", "FIELDS", "2", "a", "b"});
  const std::string second = std::string(kEnvelope) + command({"HPERSIST", "h", "FIELDS", "1", "c"});
  CHECK(out == command({"MULTI"}) + command({"ECHO", first}) + command({"ECHO", second}) + command({"EXEC"}));
  const std::string_view words[] = {"ECHO", first}, plain[] = {"ECHO", "hello"};
  CHECK(enveloped_command(words) == command({"HPEXPIREAT", "h", "5", "FIELDS", "2", "a", "b"}));
  CHECK(enveloped_command(plain).empty());
}

TEST("replication: an Orrery replica has the times of fields and the vector sets; a time that has come waits for the primary's word") {
  Pair p;
  p.run({"hset", "h", "a", "1", "b", "2", "c", "3"});
  p.run({"hpexpire", "h", "100000000", "FIELDS", "2", "a", "b"});
  p.run({"hpersist", "h", "FIELDS", "1", "b"});
  p.run({"hsetex", "h", "PX", "200000000", "FIELDS", "1", "d", "4"});
  p.run({"copy", "h", "h2"});
  p.run({"rename", "h2", "h3"});
  p.run({"set", "v", "a string that a vector set replaces"});
  p.run({"vadd", "vectors", "VALUES", "2", "1", "0", "east"});
  p.run({"vadd", "vectors", "VALUES", "2", "0", "1", "north", "SETATTR", "{\"n\":1}"});
  p.run({"vsetattr", "vectors", "east", "{\"e\":1}"});
  p.run({"rename", "vectors", "v"});
  p.catch_up();
  CHECK(p.enveloped > 0);
  CHECK_EQ(Pair::digest(p.replica), Pair::digest(p.primary));
  p.run({"vrem", "v", "east"});
  p.catch_up();
  CHECK_EQ(Pair::digest(p.replica), Pair::digest(p.primary));

  // The stream comes late: by then the time is over here, and the primary took it away before.
  ReplicaStream state;
  const std::string late = command({"SELECT", "0"}) + command({"HSET", "late", "f", "1"}) +
                           command({"ECHO", std::string(kEnvelope) + command({"HPEXPIREAT", "late", "1000", "FIELDS", "1", "f"})}) +
                           command({"ECHO", std::string(kEnvelope) + command({"HPERSIST", "late", "FIELDS", "1", "f"})});
  const auto applied = apply_stream(p.replica, p.applying, state, late, "history", 0);
  CHECK_EQ(applied.error, std::string());
  const std::string key = "late";
  Node* n = p.replica.shard(Keyspace::shard_index(key)).databases[0].keys.find(key);
  CHECK(n != nullptr);
  std::string_view value;
  CHECK(n->payload.value.hash().get("f", &value));
  CHECK_EQ(n->payload.value.hash().time_of("f"), 0);
}

TEST("replication: who is no Orrery is told apart by what it did not understand") {
  ReplicationFeed feed;
  feed.set_post([](std::uint64_t, std::uint64_t) {});
  (void)feed.attach_at_end(1, 11, "a:1", RdbContents::kRedis7);
  (void)feed.attach_at_end(1, 12, "b:1", RdbContents::kWhole);
  feed.record(set_effect(0, "k", "v"));
  feed.record(times_effect("h", {{5, "a"}}));
  for (const auto& r : feed.state().replicas) CHECK_EQ(r.left_out, r.address == "a:1" ? 1u : 0u);
}
