#include "context.h"

#include "key_snapshot.h"
#include "transaction.h"

namespace orrery::keyspace {

void prefetch_keys(Keyspace& keyspace, std::uint8_t db, std::span<const KnownKey> keys, Node** nodes) noexcept {
  const auto table = [&](const KnownKey& k) -> Keys& { return keyspace.shard(k.shard).databases[db].keys; };
  for (const KnownKey& k : keys) table(k).prefetch_bucket(k.hash);
  for (const KnownKey& k : keys) table(k).prefetch_node(k.hash);
  for (const KnownKey& k : keys) {
    Node* n = table(k).find(k.text, k.hash);
    if (n != nullptr) n->payload.value.prefetch();
    if (nodes != nullptr) *nodes++ = n;
  }
}

Key Context::key_named(std::string_view text, std::uint8_t db) {
  constexpr std::size_t kAhead = 16;
  const auto is_next = [&] { return next_known_ < known.size() && known[next_known_].text.data() == text.data() && known[next_known_].text.size() == text.size(); };
  if (!is_next()) next_known_ = 0;
  KnownKey place;
  if (is_next()) {
    if (next_known_ % kAhead == 0 && known.size() > 1) prefetch_keys(keyspace, db, known.subspan(next_known_, std::min(kAhead, known.size() - next_known_)));
    place = known[next_known_++];
  } else {
    place = known_key(text);
  }
  Key k;
  k.text = text;
  k.hash = place.hash;
  k.db = db;
  k.shard = &keyspace.shard(place.shard);
  k.database = &k.shard->databases[db];
  if (transaction != nullptr && transaction->owns(db, text)) {
    k.shard = nullptr;
    k.database = &transaction->database(db);
  } else if (k.shard->snapshot != nullptr && (command == nullptr || (command->flags & kReadOnly) == 0)) [[unlikely]] {
    k.shard->snapshot->before_change(db, text, k.hash);
  }
  return k;
}

Node* Context::find(const Key& key) {
  Node* n = key.database->keys.find(key.text, key.hash);
  if (n == nullptr) return nullptr;
  Entry& e = n->payload;
  // The primary's stream sees a key until the primary deletes it.
  if (e.expire_ms != 0 && e.expire_ms <= now && !session.replicates) {
    if (may_expire(key)) {
      if (key.shard != nullptr && key.shard->snapshot != nullptr) key.shard->snapshot->before_change(key.db, key.text, key.hash);
      keyspace.expired.fetch_add(1, std::memory_order_relaxed);
      erase(key, n);
      event(kNotifyExpired, "expired", key);
    }
    return nullptr;
  }
  if (const FieldTimes* times = e.value.field_times(); times != nullptr && times->earliest() <= now) [[unlikely]] {
    if (may_expire(key) && expire_fields(key, n)) return nullptr;
  }
  if (!session.no_touch && (command == nullptr || (command->flags & kNoTouch) == 0)) e.access = next_access(e.access, now);
  return n;
}

bool Context::may_expire(const Key& key) const {
  if (keyspace.is_replica()) return false;  // the primary decides
  // A transaction's read of a key that it does not own leaves the dictionary alone, and nobody changes a key locked by another.
  return key.shard == nullptr || (transaction == nullptr && (key.shard->locks.empty() || !key.shard->locks.contains(qualified(key.db, key.text))));
}

bool Context::expire_fields(const Key& key, Node* node) {
  if (key.shard != nullptr && key.shard->snapshot != nullptr) key.shard->snapshot->before_change(key.db, key.text, key.hash);
  Hash& hash = node->payload.value.hash();
  std::vector<std::string> gone;
  while (hash.times() != nullptr && hash.times()->earliest() <= now) {
    gone.emplace_back(hash.times()->earliest_field());
    hash.erase(gone.back());
  }
  effect(Effect::kHashDelete, key, [&](ByteWriter& w) {
    w.varint(gone.size());
    for (const std::string& field : gone) w.string(field);
  });
  changed(key);
  event(kNotifyHash, "hexpired", key);
  const bool empty = hash.size() == 0;
  erase_if_empty(key, node);
  return empty;
}

bool Context::find_typed(const Key& key, ValueType type, Node** node, bool read) {
  *node = read ? find_read(key) : find(key);
  if (*node == nullptr || (*node)->payload.value.type() == type) return true;
  wrong_type();
  return false;
}

Node* Context::find_or_make(const Key& key, ValueType type) {
  Node* n;
  if (!find_typed(key, type, &n)) return nullptr;
  return n != nullptr ? n : add(key, Value::make(type));
}

void Context::replace(const Key& key, Value&& value, std::int64_t expire_ms) {
  Node* n = key.database->keys.find(key.text, key.hash);
  if (value.is_spent()) {
    if (n != nullptr) erase(key, n);
    return;
  }
  effect(Effect::kLoad, key, [&](ByteWriter& w) {
    w.i64(expire_ms);
    value.serialize(w);
  });
  // A large value that is being written comes from another key (RENAME).
  if (ValueWalk* walk = ValueWalk::of(value); walk != nullptr && key.shard != nullptr) walk->shard = Keyspace::shard_index(key.text);
  if (n == nullptr) n = add(key, std::move(value));
  else n->payload.value = std::move(value);
  key.database->set_deadline(n, expire_ms);
  key.database->note_fields(n);
  changed(key);
}

bool Context::integer(std::size_t argument, std::int64_t* out, const char* error) {
  if (parse_integer(args[argument], out)) return true;
  reply.error(error);
  return false;
}

bool Context::real(std::size_t argument, double* out, const char* error) {
  if (parse_double(args[argument], out)) return true;
  reply.error(error);
  return false;
}

void Context::tell(const char* name, const Key& key) {
  if (transaction != nullptr) transaction->remember_event(name, key.db, key.text);
  else keyspace.events.publish(name, key.db, key.text);
}

void Context::wrong_arity() { reply.error("ERR wrong number of arguments for '" + command->name + "' command"); }

bool glob_match(std::string_view p, std::string_view s, bool fold) noexcept {
  const auto lower = [fold](char c) { return fold && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  std::size_t i = 0, j = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (j < s.size() || i < p.size()) {
    bool matched = false;
    if (i < p.size()) {
      if (p[i] == '*') {
        star = i++;
        resume = j;
        continue;
      }
      if (j < s.size()) {
        const char c = lower(s[j]);
        std::size_t next = i + 1;
        if (p[i] == '?') {
          matched = true;
        } else if (p[i] == '[') {
          std::size_t k = i + 1;
          const bool negated = k < p.size() && p[k] == '^';
          if (negated) k++;
          bool hit = false;
          for (; k < p.size() && p[k] != ']'; k++) {
            if (p[k] == '\\' && k + 1 < p.size()) {
              k++;
              hit |= lower(p[k]) == c;
            } else if (k + 2 < p.size() && p[k + 1] == '-') {
              char from = lower(p[k]), to = lower(p[k + 2]);
              if (from > to) std::swap(from, to);
              hit |= c >= from && c <= to;
              k += 2;
            } else {
              hit |= lower(p[k]) == c;
            }
          }
          matched = hit != negated;
          next = k < p.size() ? k + 1 : k;
        } else if (p[i] == '\\' && i + 1 < p.size()) {
          matched = lower(p[i + 1]) == c;
          next = i + 2;
        } else {
          matched = lower(p[i]) == c;
        }
        if (matched) {
          i = next;
          j++;
          continue;
        }
      }
    }
    if (star == std::string_view::npos || resume >= s.size()) return false;
    i = star + 1;
    j = ++resume;
  }
  return true;
}

}  // namespace orrery::keyspace
