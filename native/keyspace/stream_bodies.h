// stream_bodies.h: what the bodies of stream commands share: reading ids, replying with entries, telling what changed.
#pragma once
#include "context.h"

namespace orrery::keyspace {

/// Writes Redis' error and returns false when the argument is not an id.
bool stream_id_argument(Context& c, std::size_t argument, std::uint64_t missing_seq, bool strict, StreamId* out, bool* seq_given = nullptr);
/// A bound of an interval: "(id" excludes, "-" and "+" are the ends. Adjusts the id so that it is inclusive.
bool stream_bound(Context& c, std::size_t argument, bool is_start, StreamId* out);

inline void write_id(ByteWriter& w, StreamId id) {
  w.u64(id.ms);
  w.u64(id.seq);
}
void reply_id(Context& c, StreamId id);
/// [id, [field, value…]]
void reply_entry(Context& c, const Stream::Entry& entry);
/// Entries of an interval, at most `count` (0: all), as an array; tells how many.
std::size_t reply_range(Context& c, const Stream& stream, StreamId start, StreamId end, std::uint64_t count, bool reverse);

/// Group-level effects.
void log_group(Context& c, const Key& key, std::string_view name, const StreamGroup& group, bool made = false);
void log_pending(Context& c, const Key& key, std::string_view group, StreamId id, const StreamPending& pending);
/// The consumer, made with its effect when absent; its seen time becomes now.
StreamConsumers::value_type* consumer_for(Context& c, const Key& key, std::string_view group_name, StreamGroup& group, std::string_view name, bool* made = nullptr);

/// Notes that the key changed.
void stream_changed(Context& c, const Key& key, const char* event);

}  // namespace orrery::keyspace
