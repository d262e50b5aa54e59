// effect_commands.h: a log record's effects as the commands that have them on a Redis 7.0 replica.
//
// Effects are deterministic, so the commands are: times are absolute, random choices are written out, a whole value goes as RESTORE. A
// record of several commands is wrapped in MULTI and EXEC: a replica shows it wholly or not at all. Rows, users and settings are left out.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace orrery::keyspace {

/// Appends a command as RESP: *n, $length…
void write_command(std::string& out, std::span<const std::string_view> args);

/// Appends the commands of one record. `*db` is the database that the stream has selected (-1: none yet); follows the SELECTs written.
void write_effects_as_commands(std::string& out, std::span<const std::uint8_t> effects, int* db);

}  // namespace orrery::keyspace
