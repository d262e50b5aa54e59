#include "geo.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace orrery::keyspace {
namespace {

constexpr double kEarthRadius = 6372797.560856;  // metres
constexpr double kMercatorMax = 20037726.37;
constexpr std::uint64_t kOdd = 0xaaaaaaaaaaaaaaaaull, kEven = 0x5555555555555555ull;

double radians(double degrees) { return degrees * (std::numbers::pi / 180.0); }
double degrees(double r) { return r / (std::numbers::pi / 180.0); }

/// Spreads 32 bits to the even places.
std::uint64_t spread(std::uint64_t v) noexcept {
  v = (v | (v << 16)) & 0x0000ffff0000ffffull;
  v = (v | (v << 8)) & 0x00ff00ff00ff00ffull;
  v = (v | (v << 4)) & 0x0f0f0f0f0f0f0f0full;
  v = (v | (v << 2)) & 0x3333333333333333ull;
  return (v | (v << 1)) & kEven;
}
std::uint32_t gather(std::uint64_t v) noexcept {
  v &= kEven;
  v = (v | (v >> 1)) & 0x3333333333333333ull;
  v = (v | (v >> 2)) & 0x0f0f0f0f0f0f0f0full;
  v = (v | (v >> 4)) & 0x00ff00ff00ff00ffull;
  v = (v | (v >> 8)) & 0x0000ffff0000ffffull;
  return static_cast<std::uint32_t>(v | (v >> 16));
}

/// The neighbour `by` (-1, 0, 1) along the coordinate that has the bits of `own`; wraps round.
void move(GeoCell& cell, int by, std::uint64_t own) noexcept {
  if (by == 0) return;
  const std::uint64_t other = ~own;
  std::uint64_t mine = cell.bits & own;
  const std::uint64_t rest = cell.bits & other;
  const std::uint64_t fill = other >> (64 - cell.step * 2);
  if (by > 0) mine += fill + 1;
  else mine = (mine | fill) - (fill + 1);
  cell.bits = (mine & (own >> (64 - cell.step * 2))) | rest;
}
GeoCell neighbour(GeoCell cell, int x, int y) noexcept {
  move(cell, x, kOdd);
  move(cell, y, kEven);
  return cell;
}

unsigned estimate_step(double metres, double latitude) noexcept {
  if (metres == 0) return kGeoStepMax;
  int step = 1;
  while (metres < kMercatorMax) {
    metres *= 2;
    step++;
  }
  step -= 2;
  if (latitude > 66 || latitude < -66) {
    step--;
    if (latitude > 80 || latitude < -80) step--;
  }
  return static_cast<unsigned>(std::clamp(step, 1, static_cast<int>(kGeoStepMax)));
}

double latitude_distance(double a, double b) { return kEarthRadius * std::fabs(radians(b) - radians(a)); }

}  // namespace

GeoCell geo_encode(GeoRange longitude, GeoRange latitude, GeoPoint p, unsigned step) noexcept {
  double lat = (p.latitude - latitude.min) / (latitude.max - latitude.min);
  double lon = (p.longitude - longitude.min) / (longitude.max - longitude.min);
  lat *= static_cast<double>(1ull << step);
  lon *= static_cast<double>(1ull << step);
  return {spread(static_cast<std::uint32_t>(lat)) | (spread(static_cast<std::uint32_t>(lon)) << 1), step};
}

GeoArea geo_decode(GeoRange longitude, GeoRange latitude, GeoCell cell) noexcept {
  const std::uint32_t lat = gather(cell.bits), lon = gather(cell.bits >> 1);
  const double lat_scale = latitude.max - latitude.min, lon_scale = longitude.max - longitude.min;
  const auto cells = static_cast<double>(1ull << cell.step);
  return {{longitude.min + (lon * 1.0 / cells) * lon_scale, longitude.min + ((lon + 1.0) * 1.0 / cells) * lon_scale},
          {latitude.min + (lat * 1.0 / cells) * lat_scale, latitude.min + ((lat + 1.0) * 1.0 / cells) * lat_scale}};
}

std::uint64_t geo_score(GeoPoint p) noexcept { return geo_encode(kGeoLongitude, kGeoLatitude, p, kGeoStepMax).bits; }

GeoPoint geo_point(double score) noexcept {
  const std::uint64_t bits = score >= 0 && score < 9223372036854775808.0 ? static_cast<std::uint64_t>(score) : 0;
  const GeoArea a = geo_decode(kGeoLongitude, kGeoLatitude, {bits, kGeoStepMax});
  return {std::clamp((a.longitude.min + a.longitude.max) / 2, kGeoLongitude.min, kGeoLongitude.max),
          std::clamp((a.latitude.min + a.latitude.max) / 2, kGeoLatitude.min, kGeoLatitude.max)};
}

double geo_distance(GeoPoint a, GeoPoint b) noexcept {
  const double lon1 = radians(a.longitude), lon2 = radians(b.longitude);
  const double v = std::sin((lon2 - lon1) / 2);
  if (v == 0.0) return latitude_distance(a.latitude, b.latitude);
  const double lat1 = radians(a.latitude), lat2 = radians(b.latitude);
  const double u = std::sin((lat2 - lat1) / 2);
  const double h = u * u + std::cos(lat1) * std::cos(lat2) * v * v;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(h));
}

bool GeoShape::contains(GeoPoint p, double* distance) const noexcept {
  if (!is_box) {
    *distance = geo_distance(center, p);
    return *distance <= radius * metres;
  }
  if (latitude_distance(p.latitude, center.latitude) > height * metres / 2) return false;
  if (geo_distance({p.longitude, p.latitude}, {center.longitude, p.latitude}) > width * metres / 2) return false;
  *distance = geo_distance(center, p);
  return true;
}

GeoCover geo_cover(const GeoShape& s) noexcept {
  const double lon = s.center.longitude, lat = s.center.latitude;
  const double half_height = s.metres * (s.is_box ? s.height / 2 : s.radius), half_width = s.metres * (s.is_box ? s.width / 2 : s.radius);
  const double lat_delta = degrees(half_height / kEarthRadius);
  const double top = degrees(half_width / kEarthRadius / std::cos(radians(lat + lat_delta)));
  const double bottom = degrees(half_width / kEarthRadius / std::cos(radians(lat - lat_delta)));
  const double lon_delta = lat < 0 ? bottom : top;
  const double min_lon = lon - lon_delta, max_lon = lon + lon_delta, min_lat = lat - lat_delta, max_lat = lat + lat_delta;

  const double reach = s.metres * (s.is_box ? std::sqrt((s.width / 2) * (s.width / 2) + (s.height / 2) * (s.height / 2)) : s.radius);
  unsigned step = estimate_step(reach, lat);
  GeoCell cell = geo_encode(kGeoLongitude, kGeoLatitude, s.center, step);
  const auto area = [&](int x, int y) { return geo_decode(kGeoLongitude, kGeoLatitude, neighbour(cell, x, y)); };
  // Near an edge of its cell the shape may reach beyond the neighbours.
  const bool beyond = area(0, 1).latitude.max < max_lat || area(0, -1).latitude.min > min_lat || area(1, 0).longitude.max < max_lon || area(-1, 0).longitude.min > min_lon;
  if (step > 1 && beyond) cell = geo_encode(kGeoLongitude, kGeoLatitude, s.center, --step);
  const GeoArea own = area(0, 0);

  // Center, north, south, east, west, north-east, north-west, south-east, south-west.
  constexpr int steps[9][2] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  GeoCover cover;
  GeoCell last;
  bool any = false;
  for (unsigned i = 0; i < 9; i++) {
    const auto [x, y] = steps[i];
    if (step >= 2 && ((y < 0 && own.latitude.min < min_lat) || (y > 0 && own.latitude.max > max_lat) || (x < 0 && own.longitude.min < min_lon) ||
                      (x > 0 && own.longitude.max > max_lon)))
      continue;
    const GeoCell n = neighbour(cell, x, y);
    if (n.empty()) continue;
    // With a huge radius neighbours are the same cell. The center's place is never compared, as in Redis.
    if (any && n.bits == last.bits && n.step == last.step) continue;
    const unsigned shift = 52 - n.step * 2;
    cover.ranges[cover.count++] = {n.bits << shift, (n.bits + 1) << shift};
    last = n;
    any = i > 0;
  }
  return cover;
}

}  // namespace orrery::keyspace
