// stream_effects.h: replay of the effects on streams.
#pragma once
#include "effect.h"
#include "stream_value.h"

namespace orrery::keyspace {

/// False when the payload does not parse or does not fit the stream.
bool apply_stream_effect(Effect effect, Stream& stream, ByteReader& in);

}  // namespace orrery::keyspace
