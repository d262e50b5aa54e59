// ids.h: the numbers that storage hands out. All stay below 2^53 so that a double carries them exactly.
#pragma once
#include <cstdint>

namespace orrery::storage {

using RelationId = std::uint32_t;  // also names indexes and sequences; equals the catalog OID's storage id
using RowId = std::uint64_t;       // stable for the life of a row, per relation, from 1; 0 = none
using Xid = std::uint64_t;         // transaction id, from 1, below 2^39
using CommandId = std::uint32_t;   // statement within a transaction, below 2^24
using CommitTs = std::uint64_t;    // commit timestamp: a counter, from 1
using Lsn = std::uint64_t;         // byte position in the log

/// A version stamp. Committed: the commit timestamp. Open: bit 63, xid << 24, command id.
/// Begin stamp kAborted: the version never existed. End stamp kLive: the version is the newest.
using Stamp = std::uint64_t;
constexpr Stamp kLive = 0x7fffffffffffffffull;
constexpr Stamp kAborted = 0x7ffffffffffffffeull;
constexpr Stamp kOpenBit = 1ull << 63;
constexpr Stamp open_stamp(Xid xid, CommandId command) { return kOpenBit | (xid << 24) | command; }
constexpr bool is_open(Stamp s) { return (s & kOpenBit) != 0; }
constexpr Xid xid_of(Stamp s) { return (s & ~kOpenBit) >> 24; }
constexpr CommandId command_of(Stamp s) { return static_cast<CommandId>(s & 0xffffff); }

}  // namespace orrery::storage
