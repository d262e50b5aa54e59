// context.h: what a native command body works with: its arguments, the keys behind them, the reply, the effects.
//
// A body checks arguments, looks keys up (`key`, `find`), changes values in place, tells what changed (`effect…`, `changed`) and writes
// exactly one reply. It runs with the latches of all its keys held and never waits.
// In a SQL transaction keys come from the transaction's overlay (transaction.h) and effects go to the transaction.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "../wire/resp_writer.h"
#include "access.h"
#include "command.h"
#include "keyspace.h"

namespace orrery::keyspace {

class KeyTransaction;

/// A key of the running command: where it lives.
struct Key {
  std::string_view text;
  std::uint32_t hash = 0;
  std::uint8_t db = 0;
  Shard* shard = nullptr;  // nullptr: in a transaction's overlay
  Database* database = nullptr;
};

/// A key argument whose place was found before the command ran.
struct KnownKey {
  std::string_view text;
  std::uint32_t hash = 0;
  std::uint32_t shard = 0;
};
inline KnownKey known_key(std::string_view text) noexcept { return {text, hash_bytes(text), Keyspace::shard_index(text)}; }

/// Asks the memory for the buckets, nodes and values of keys, all at once, so that waiting for one is waiting for all. Latches held.
/// The nodes (nullptr: absent) go to `nodes` unless that is nullptr.
void prefetch_keys(Keyspace& keyspace, std::uint8_t db, std::span<const KnownKey> keys, Node** nodes = nullptr) noexcept;

/// A connection as the native side knows it; written by its JavaScript thread, used by one thread at a time.
struct Session {
  std::uint8_t db = 0;
  bool every_command_stops = false;  // not authenticated, in MULTI, subscribed, reply off: TypeScript sees each command
  bool unauthenticated = false;
  bool thread_stops = false;         // as every_command_stops, for all sessions of the thread (MONITOR, CLIENT PAUSE, a slow script)
  bool exclusive = false;            // inside EXEC or a script: nobody else looks at keys
  bool no_touch = false;             // CLIENT NO-TOUCH
  bool replicates = false;           // runs a primary's stream (replica_apply.h)
  bool yielded = false;              // exclusive without latches: Keyspace::busy
  struct Watch { std::uint8_t db; std::string key; std::uint64_t version; };
  std::vector<Watch> watches;
  wire::RespWriter reply;
  storage::EffectBuffer effects;
  storage::Lsn lsn = 0;              // newest record of this session's writes
  std::uint64_t tracking_client = 0; // CLIENT TRACKING: its name in Tracking, 0 = off
  std::string address, name;         // for SLOWLOG
  bool tracks_reads = false;         // the keys of read-only commands are remembered for it
};

/// Buffers of effects that grew beyond it are given back.
constexpr std::size_t kKeptEffectBytes = 1 << 20;

class Context {
 public:
  Keyspace& keyspace;
  Session& session;
  wire::RespWriter& reply;
  storage::EffectBuffer& effects;
  std::span<const std::string_view> args;
  const Command* command = nullptr;
  std::int64_t now = 0;
  KeyTransaction* transaction = nullptr;
  std::span<const KnownKey> known;  // key arguments in their order; a body that asks for them in that order is not charged again
  bool unhandled = false;       // set by a body that leaves the command to TypeScript; then it has done nothing

  Context(Keyspace& k, Session& s, wire::RespWriter& r, storage::EffectBuffer& e) : keyspace(k), session(s), reply(r), effects(e) {}

  std::size_t argc() const noexcept { return args.size(); }
  Key key(std::size_t argument) { return key_named(args[argument], session.db); }
  Key key_named(std::string_view text, std::uint8_t db);

  /// The live node, or nullptr; an expired one is deleted on the way (or hidden, when the overlay does not own it).
  Node* find(const Key& key);
  /// For reads that count as hits and misses.
  Node* find_read(const Key& key) {
    Node* n = find(key);
    (n != nullptr ? keyspace.hits : keyspace.misses).fetch_add(1, std::memory_order_relaxed);
    if (n == nullptr) event(kNotifyKeyMiss, "keymiss", key);
    return n;
  }
  /// Finds a node that must be absent or of `type`; writes WRONGTYPE and returns false otherwise.
  bool find_typed(const Key& key, ValueType type, Node** node, bool read = false);
  /// Adds a key that is absent.
  Node* add(const Key& key, Value&& value) {
    Node* n = key.database->insert(key.text, key.hash, std::move(value));
    n->payload.access = first_access(now);
    event(kNotifyNew, "new", key);
    return n;
  }
  /// The collection to write to, made when absent; nullptr after WRONGTYPE.
  Node* find_or_make(const Key& key, ValueType type);
  /// Deletes with its effect.
  void erase(const Key& key, Node* node) {
    effect(Effect::kDelete, key);
    key.database->erase(node);
    changed(key);
  }
  /// After a collection lost elements: deletes the key when it is empty. No effect: the removal's own effect implies it.
  void erase_if_empty(const Key& key, Node* node) {
    if (!node->payload.value.is_spent()) return;
    key.database->erase(node);
    event(kNotifyGeneric, "del", key);
  }
  /// Replaces or adds the whole value (stores, COPY, RENAME). An empty collection deletes.
  void replace(const Key& key, Value&& value, std::int64_t expire_ms);
  void set_deadline(const Key& key, Node* node, std::int64_t when_ms) {
    key.database->set_deadline(node, when_ms);
    effect(Effect::kExpire, key, [&](ByteWriter& w) { w.i64(when_ms); });
    changed(key);
  }
  void changed(const Key& key) {
    keyspace.changes.fetch_add(1, std::memory_order_relaxed);
    if (key.shard == nullptr) return;  // told when the transaction commits
    keyspace.touch(*key.shard, key.db, key.text);
    if (keyspace.tracking.active()) [[unlikely]] keyspace.tracking.invalidate(key.text, session.tracking_client);
  }
  /// Tells who asked (notify-keyspace-events) what happened to a key, in Redis' words. After the change.
  void event(std::uint32_t notify_class, const char* name, const Key& key) {
    if (keyspace.events.wants(notify_class)) [[unlikely]] tell(name, key);
  }

  void effect(Effect operation, const Key& key) { effect(operation, key, [](ByteWriter&) {}); }
  template <typename Write>
  void effect(Effect operation, const Key& key, Write&& write) {
    thread_local ByteWriter payload;
    payload.clear();
    payload.u8(key.db);
    payload.string(key.text);
    write(payload);
    effects.add(storage::Room::kKeyspace, static_cast<std::uint8_t>(operation), payload.span());
    if (payload.size() > kKeptEffectBytes) [[unlikely]] payload = ByteWriter();
  }
  /// An effect whose payload is a count and the arguments first.., each `step` apart as they stand.
  void effect_arguments(Effect operation, const Key& key, std::size_t first, std::size_t count_divisor = 1) {
    effect(operation, key, [&](ByteWriter& w) {
      w.varint((args.size() - first) / count_divisor);
      for (std::size_t i = first; i < args.size(); i++) w.string(args[i]);
    });
  }

  // Arguments. Each writes Redis' error and returns false when the text does not fit.
  bool integer(std::size_t argument, std::int64_t* out, const char* error = "ERR value is not an integer or out of range");
  bool real(std::size_t argument, double* out, const char* error = "ERR value is not a valid float");
  bool is(std::size_t argument, std::string_view word) const noexcept;  // case-insensitive
  void syntax_error() { reply.error("ERR syntax error"); }
  void wrong_type() { reply.error("WRONGTYPE Operation against a key holding the wrong kind of value"); }
  void wrong_arity();

 private:
  /// Whether what has expired of the key may be deleted by this command.
  bool may_expire(const Key& key) const;
  /// Deletes the fields whose time has come; true when the key is gone with them.
  bool expire_fields(const Key& key, Node* node);
  void tell(const char* name, const Key& key);
  std::size_t next_known_ = 0;
};

inline bool same_word(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); i++)
    if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
  return true;
}
inline bool Context::is(std::size_t argument, std::string_view word) const noexcept { return same_word(args[argument], word); }

/// Redis' glob: * ? [a-z] [^a] \x.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false) noexcept;

}  // namespace orrery::keyspace
