#include "stream_effects.h"

namespace orrery::keyspace {

bool apply_stream_effect(Effect effect, Stream& s, ByteReader& in) {
  const auto id = [&] {
    StreamId v;
    v.ms = in.u64();
    v.seq = in.u64();
    return v;
  };
  const auto group = [&] { return s.find_group(in.string()); };
  switch (effect) {
    case Effect::kStreamAdd: {
      const StreamId at = id();
      const std::uint64_t count = in.varint();
      if (!in.ok() || count % 2 != 0 || count > in.remaining() || at <= s.last_id) return false;
      std::vector<std::string_view> pairs(count);
      for (std::string_view& v : pairs) v = in.string();
      if (in.ok()) s.append(at, pairs);
      return in.ok();
    }
    case Effect::kStreamDelete:
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) s.erase(id());
      return in.ok();
    case Effect::kStreamTrim: {
      const StreamId first = id();
      if (in.ok()) s.erase_before(first);
      return in.ok();
    }
    case Effect::kStreamState:
      s.last_id = id();
      s.max_deleted_id = id();
      s.entries_added = in.varint();
      return in.ok();
    case Effect::kStreamGroup: {
      StreamGroup& g = s.make_groups()[std::string(in.string())];
      g.last_id = id();
      g.entries_read = in.i64();
      return in.ok();
    }
    case Effect::kStreamGroupDestroy: {
      if (s.groups() == nullptr) return false;
      const auto at = s.groups()->find(in.string());
      if (at == s.groups()->end()) return false;
      s.groups()->erase(at);
      return in.ok();
    }
    case Effect::kStreamConsumer: {
      StreamGroup* g = group();
      if (g == nullptr) return false;
      auto& [name, consumer] = *g->consumers.emplace(std::string(in.string()), StreamConsumer{}).first;
      consumer.seen_ms = in.i64();
      return in.ok();
    }
    case Effect::kStreamConsumerDelete: {
      StreamGroup* g = group();
      if (g == nullptr) return false;
      g->erase_consumer(in.string());
      return in.ok();
    }
    case Effect::kStreamPending: {
      StreamGroup* g = group();
      auto* consumer = g == nullptr ? nullptr : g->find_consumer(in.string());
      if (consumer == nullptr) return false;
      const StreamId at = id();
      const std::int64_t when = in.i64();
      const std::uint64_t count = in.varint();
      if (in.ok()) g->assign(at, consumer, when, static_cast<std::int64_t>(count));
      return in.ok();
    }
    case Effect::kStreamAck: {
      StreamGroup* g = group();
      if (g == nullptr) return false;
      for (std::uint64_t n = in.varint(); n > 0 && in.ok(); n--) g->forget(id());
      return in.ok();
    }
    default: return false;
  }
}

}  // namespace orrery::keyspace
