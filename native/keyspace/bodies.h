// bodies.h: the families of native command bodies, by name.
#pragma once
#include <span>

#include "command.h"

namespace orrery::keyspace {

struct NamedBody { const char* name; Body body; };

std::span<const NamedBody> string_bodies();
std::span<const NamedBody> key_bodies();
std::span<const NamedBody> list_bodies();
std::span<const NamedBody> hash_bodies();
std::span<const NamedBody> field_expiry_bodies();
std::span<const NamedBody> set_bodies();
std::span<const NamedBody> zset_bodies();
std::span<const NamedBody> sort_bodies();
std::span<const NamedBody> bitfield_bodies();
std::span<const NamedBody> lcs_bodies();
std::span<const NamedBody> hyperloglog_bodies();
std::span<const NamedBody> geo_bodies();
std::span<const NamedBody> dump_bodies();
std::span<const NamedBody> debug_bodies();
std::span<const NamedBody> stream_bodies();
std::span<const NamedBody> stream_group_bodies();
std::span<const NamedBody> stream_read_bodies();
std::span<const NamedBody> vector_bodies();

}  // namespace orrery::keyspace
