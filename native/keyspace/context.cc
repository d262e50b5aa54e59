#include "context.h"

#include "transaction.h"

namespace orrery::keyspace {

Key Context::key_named(std::string_view text, std::uint8_t db) {
  Key k;
  k.text = text;
  k.hash = text.data() == hashed_key ? known_hash : hash_bytes(text);
  k.db = db;
  k.shard = only_shard != nullptr ? only_shard : &keyspace.shard(Keyspace::shard_index(text));
  k.database = &k.shard->databases[db];
  if (transaction != nullptr && transaction->owns(db, text)) {
    k.shard = nullptr;
    k.database = &transaction->database(db);
  }
  return k;
}

Node* Context::find(const Key& key) {
  Node* n = key.database->keys.find(key.text, key.hash);
  if (n == nullptr) return nullptr;
  Entry& e = n->payload;
  if (e.expire_ms != 0 && e.expire_ms <= now) {
    // A transaction's read of a key that it does not own leaves the dictionary alone, and nobody changes a key locked by another.
    const bool free = key.shard == nullptr || (transaction == nullptr && (key.shard->locks.empty() || !key.shard->locks.contains(qualified(key.db, key.text))));
    if (free) {
      keyspace.expired.fetch_add(1, std::memory_order_relaxed);
      erase(key, n);
      event(kNotifyExpired, "expired", key);
    }
    return nullptr;
  }
  e.access = next_access(e.access, now);
  return n;
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
  if (n == nullptr) n = add(key, std::move(value));
  else n->payload.value = std::move(value);
  key.database->set_deadline(n, expire_ms);
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
