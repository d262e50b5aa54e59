// geo.h: positions as 52-bit geohashes (the scores of a geo set), distances on the sphere, the boxes that cover a shape.
//
// Numbers must be Redis' to the last digit, so the order of operations matters. Source: the geohash of Gustavo Niemeyer; the
// haversine formula; areas by shape as Redis' geohash_helper computes them, written anew.
#pragma once
#include <array>
#include <cstdint>

namespace orrery::keyspace {

struct GeoPoint { double longitude, latitude; };
struct GeoRange { double min, max; };
constexpr GeoRange kGeoLongitude{-180, 180}, kGeoLatitude{-85.05112878, 85.05112878};
constexpr unsigned kGeoStepMax = 26;

struct GeoCell {
  std::uint64_t bits = 0;
  unsigned step = 0;  // bits of each coordinate
  bool empty() const noexcept { return bits == 0 && step == 0; }
};
struct GeoArea { GeoRange longitude, latitude; };

/// The cell of a point at `step`; the point lies inside the ranges.
GeoCell geo_encode(GeoRange longitude, GeoRange latitude, GeoPoint point, unsigned step) noexcept;
GeoArea geo_decode(GeoRange longitude, GeoRange latitude, GeoCell cell) noexcept;
/// The score of a point, and the point (middle of its cell) of a score.
std::uint64_t geo_score(GeoPoint point) noexcept;
GeoPoint geo_point(double score) noexcept;
/// Metres.
double geo_distance(GeoPoint a, GeoPoint b) noexcept;

struct GeoShape {
  bool is_box = false;
  GeoPoint center{};
  double radius = 0, width = 0, height = 0;  // in units of `metres`
  double metres = 1;
  /// Whether a point is inside; its distance from the center in metres then.
  bool contains(GeoPoint point, double* distance) const noexcept;
};
/// Scores [first, last) to look at, in Redis' order; empty ones are left out.
struct GeoScores { std::uint64_t first, last; };
struct GeoCover { std::array<GeoScores, 9> ranges; unsigned count = 0; };
GeoCover geo_cover(const GeoShape& shape) noexcept;

}  // namespace orrery::keyspace
