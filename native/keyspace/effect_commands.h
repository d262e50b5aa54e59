// effect_commands.h: a log record's effects as the commands that have them on a Redis 7.0 replica.
//
// Effects are deterministic, so the commands are: times are absolute, random choices are written out, a whole value goes as RESTORE. A
// record of several commands is wrapped in MULTI and EXEC: a replica shows it wholly or not at all. Rows, users and settings are left out.
//
// What Redis 7.0 has no command for (times of hash fields, vector sets) goes inside an ECHO, as there is one stream for all: a Redis
// answers it to nobody, and an Orrery runs the command in it. The command itself would not do: a Redis that does not know it discards
// the whole transaction that it stands in.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace orrery::keyspace {

/// Appends a command as RESP: *n, $length…
void write_command(std::string& out, std::span<const std::string_view> args);

/// ECHO's argument when it carries a command: these bytes and the command as RESP.
constexpr std::string_view kEnvelope = "orrery:";
/// The command as RESP that `args` carries; empty when they are anything else.
std::string_view enveloped_command(std::span<const std::string_view> args) noexcept;

/// Appends the commands of one record. `*db` is the database that the stream has selected (-1: none yet); follows the SELECTs written.
/// Tells how many of the commands only an Orrery understands.
std::size_t write_effects_as_commands(std::string& out, std::span<const std::uint8_t> effects, int* db);

}  // namespace orrery::keyspace
