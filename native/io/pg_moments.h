// pg_moments.h: dates and times of day as parameters: their ISO text, or the binary form within the years 1 to 7475 or so.
//
// Words, zones by name, other orders of year, month and day, BC, leap seconds and what lies near the ends of the types' ranges are JavaScript's.
// Source: PostgreSQL documentation, "Date/Time Input"; timestamp.c (AdjustTimestampForTypmod).
#pragma once
#include <cstdint>
#include <string_view>

namespace orrery::io {

/// What a text without an offset from UTC means.
enum class PgZone : std::uint8_t {
  kNone,     // timestamp without time zone: an offset is read over
  kSession,  // JavaScript knows the session's zone
  kUtc,
};

// Text forms; days and microseconds since 2000.
bool read_date_text(std::string_view text, std::int32_t* days) noexcept;
bool read_timestamp_text(std::string_view text, PgZone zone, std::int64_t* micros) noexcept;
bool read_time_text(std::string_view text, std::int64_t* micros) noexcept;

// Binary values that have no errors of their own.
bool is_plain_date(std::int32_t days) noexcept;
bool is_plain_timestamp(std::int64_t micros) noexcept;
bool is_plain_time(std::int64_t micros) noexcept;

/// To `precision` digits of a second, half away from zero; -1: all six.
std::int64_t round_micros(std::int64_t micros, std::int32_t precision) noexcept;

}  // namespace orrery::io
