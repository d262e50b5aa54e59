// effect.h: the key changes that the log carries. The numbers are on disk; the payloads are drawn in docs/formats/keyspace.md.
//
// Invariants
//  1. An effect changes one key (kFlush and kSwap: whole databases), so it belongs to exactly one shard.
//  2. Effects are deterministic: times are absolute, random choices are written out.
//  3. A collection that an effect leaves empty is deleted by it (a stream stays); one that it adds to is created when absent.
#pragma once
#include <cstdint>

namespace orrery::keyspace {

enum class Effect : std::uint8_t {
  kSetString = 1,      // expire i64 (0 none), value string
  kDelete = 2,         //
  kExpire = 3,         // expire i64 (0 = persist)
  kSetRange = 4,       // offset varint, bytes string (APPEND, SETRANGE, SETBIT)
  kLoad = 5,           // expire i64, serialized value: replaces the key
  kHashSet = 6,        // count varint, (field, value)…
  kHashDelete = 7,     // count, field…
  kListPush = 8,       // side u8 (1 = front), count, value…
  kListPop = 9,        // side u8, count
  kListSet = 10,       // index varint, value
  kListInsert = 11,    // index varint, value; then for replicas: side u8 (1 = before), pivot
  kListErase = 12,     // index varint (read in old logs; kListRemove is written)
  kListTrim = 13,      // first varint, kept varint
  kSetAdd = 14,        // count, member…
  kSetRemove = 15,     // count, member…
  kZsetAdd = 16,       // count, (score f64, member)…
  kZsetRemove = 17,    // count, member…
  kFlush = 18,         // db u8 (0xff = all); no key
  kSwap = 19,          // db u8, db u8; no key
  kStreamAdd = 20,            // id (ms u64, seq u64), count varint, field, value…
  kStreamDelete = 21,         // count, id…
  kStreamTrim = 22,           // id: entries before it go
  kStreamState = 23,          // last id, highest deleted id, entries added varint; makes an absent stream; for replicas: made u8
  kStreamGroup = 24,          // group, last id, entries read i64; makes an absent group; for replicas: made u8
  kStreamGroupDestroy = 25,   // group
  kStreamConsumer = 26,       // group, consumer, seen i64
  kStreamConsumerDelete = 27, // group, consumer
  kStreamPending = 28,        // group, consumer, id, delivered i64, deliveries varint
  kStreamAck = 29,            // group, count, id…
  kHashExpire = 30,           // count, (when i64, field)…; 0 = persist
  kListRemove = 31,           // count i64 (as LREM's), value
  kVectorAdd = 32,            // shape (input u32, dimensions u32, quantization u8, m u32), effort u32, attributes? u8, attributes, element, float32[input]
  kVectorRemove = 33,         // element
  kVectorAttributes = 34,     // element, attributes
  // The texts beside the keys (side_store.h): space u8, name string, value string.
  kSideSet = 40,
  kSideErase = 41,
  kSideClear = 42,
};

}  // namespace orrery::keyspace
