// geo_bodies.cc: the geo commands: sorted sets whose scores are positions.
#include <algorithm>
#include <cmath>
#include <optional>

#include "bodies.h"
#include "context.h"
#include "geo.h"

namespace orrery::keyspace {
namespace {

bool read_point(Context& c, std::size_t at, GeoPoint* p) {
  if (!c.real(at, &p->longitude) || !c.real(at + 1, &p->latitude)) return false;
  if (p->longitude >= kGeoLongitude.min && p->longitude <= kGeoLongitude.max && p->latitude >= kGeoLatitude.min && p->latitude <= kGeoLatitude.max) return true;
  char text[128];
  // Redis prints %f; a number beyond the width of any coordinate is cut here.
  std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f", p->longitude, p->latitude);
  c.reply.error(text);
  return false;
}

bool read_unit(Context& c, std::size_t at, double* metres) {
  if (c.is(at, "m")) *metres = 1;
  else if (c.is(at, "km")) *metres = 1000;
  else if (c.is(at, "ft")) *metres = 0.3048;
  else if (c.is(at, "mi")) *metres = 1609.34;
  else {
    c.reply.error("ERR unsupported unit provided. please use M, KM, FT, MI");
    return false;
  }
  return true;
}

bool read_radius(Context& c, std::size_t at, GeoShape* s) {
  if (!c.real(at, &s->radius, "ERR need numeric radius")) return false;
  if (s->radius < 0) {
    c.reply.error("ERR radius cannot be negative");
    return false;
  }
  return read_unit(c, at + 1, &s->metres);
}
bool read_box(Context& c, std::size_t at, GeoShape* s) {
  if (!c.real(at, &s->width, "ERR need numeric width") || !c.real(at + 1, &s->height, "ERR need numeric height")) return false;
  if (s->width < 0 || s->height < 0) {
    c.reply.error("ERR height or width cannot be negative");
    return false;
  }
  s->is_box = true;
  return read_unit(c, at + 2, &s->metres);
}

void reply_distance(Context& c, double v) {
  char text[384];
  c.reply.bulk({text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.4f", v))});
}
void reply_coordinate(Context& c, double v) {
  const std::string text = long_double_text(static_cast<long double>(v));
  if (c.reply.resp3) c.reply.raw("," + text + "\r\n");
  else c.reply.bulk(text);
}
void reply_point(Context& c, GeoPoint p) {
  c.reply.array(2);
  reply_coordinate(c, p.longitude);
  reply_coordinate(c, p.latitude);
}

void geoadd(Context& c) {
  std::size_t first = 2;
  bool only_absent = false, only_present = false;
  for (; first < c.argc(); first++) {
    if (c.is(first, "NX")) only_absent = true;
    else if (c.is(first, "XX")) only_present = true;
    else if (!c.is(first, "CH")) break;
  }
  if ((c.argc() - first) % 3 != 0 || (only_absent && only_present)) return c.syntax_error();
  // It is a ZADD of the positions' scores.
  std::vector<std::string> scores((c.argc() - first) / 3);
  std::vector<std::string_view> args(c.args.begin(), c.args.begin() + static_cast<std::ptrdiff_t>(first));
  for (std::size_t i = 0; i < scores.size(); i++) {
    GeoPoint p{};
    if (!read_point(c, first + 3 * i, &p)) return;
    scores[i] = std::to_string(geo_score(p));
    args.push_back(scores[i]);
    args.push_back(c.args[first + 3 * i + 2]);
  }
  static const Body zadd = CommandTable::body_named("zadd");
  const auto own = c.args;
  c.args = args;
  zadd(c);
  c.args = own;
}

/// The key's sorted set, or nullptr when absent; false after WRONGTYPE.
bool find_zset(Context& c, std::size_t argument, Zset** zset) {
  Node* n;
  if (!c.find_typed(c.key(argument), ValueType::kZset, &n, true)) return false;
  *zset = n == nullptr ? nullptr : &n->payload.value.zset();
  return true;
}

void geohash(Context& c) {
  Zset* zset;
  if (!find_zset(c, 1, &zset)) return;
  constexpr const char* alphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); i++) {
    double score;
    if (zset == nullptr || !zset->score(c.args[i], &score)) {
      c.reply.null();
      continue;
    }
    // The text form is over -90..90 degrees of latitude.
    const std::uint64_t bits = geo_encode({-180, 180}, {-90, 90}, geo_point(score), kGeoStepMax).bits;
    char text[11];
    for (unsigned j = 0; j < 11; j++) text[j] = alphabet[j == 10 ? 0 : (bits >> (52 - (j + 1) * 5)) & 0x1f];
    c.reply.bulk({text, 11});
  }
}

void geopos(Context& c) {
  Zset* zset;
  if (!find_zset(c, 1, &zset)) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); i++) {
    double score;
    if (zset == nullptr || !zset->score(c.args[i], &score)) c.reply.null_array();
    else reply_point(c, geo_point(score));
  }
}

void geodist(Context& c) {
  double metres = 1;
  if (c.argc() == 5) {
    if (!read_unit(c, 4, &metres)) return;
  } else if (c.argc() > 5) {
    return c.syntax_error();
  }
  Zset* zset;
  if (!find_zset(c, 1, &zset)) return;
  double a, b;
  if (zset == nullptr || !zset->score(c.args[2], &a) || !zset->score(c.args[3], &b)) return c.reply.null();
  reply_distance(c, geo_distance(geo_point(a), geo_point(b)) / metres);
}

enum class Form { kRadius, kRadiusByMember, kSearch, kSearchStore };
struct Search {
  GeoShape shape;
  bool with_distance = false, with_hash = false, with_coordinates = false, any = false, store_distance = false;
  int order = 0;  // 1: nearest first, -1: farthest first
  std::int64_t count = 0;
  std::size_t store_at = 0;
};

bool member_position(Context& c, Zset& zset, std::size_t argument, GeoPoint* p) {
  double score;
  if (!zset.score(c.args[argument], &score)) {
    c.reply.error("ERR could not decode requested zset member");
    return false;
  }
  *p = geo_point(score);
  return true;
}

/// False after an error.
bool read_search(Context& c, Form form, bool may_store, Zset* zset, Search* s) {
  const bool search = form == Form::kSearch || form == Form::kSearchStore;
  std::size_t i = form == Form::kRadius ? 6 : form == Form::kRadiusByMember ? 5 : form == Form::kSearch ? 2 : 3;
  const auto fail = [&](const std::string& text) {
    c.reply.error(text);
    return false;
  };
  if (form == Form::kRadius && (!read_point(c, 2, &s->shape.center) || !read_radius(c, 4, &s->shape))) return false;
  if (form == Form::kRadiusByMember && zset != nullptr && (!member_position(c, *zset, 2, &s->shape.center) || !read_radius(c, 3, &s->shape))) return false;
  if (form == Form::kSearchStore) s->store_at = 1;
  bool from_member = false, from_point = false, by_radius = false, by_box = false;
  for (; i < c.argc(); i++) {
    const std::size_t more = c.argc() - i - 1;
    if (c.is(i, "WITHDIST")) s->with_distance = true;
    else if (c.is(i, "WITHHASH")) s->with_hash = true;
    else if (c.is(i, "WITHCOORD")) s->with_coordinates = true;
    else if (c.is(i, "ANY")) s->any = true;
    else if (c.is(i, "ASC")) s->order = 1;
    else if (c.is(i, "DESC")) s->order = -1;
    else if (c.is(i, "COUNT") && more >= 1) {
      if (!c.integer(++i, &s->count)) return false;
      if (s->count <= 0) return fail("ERR COUNT must be > 0");
    } else if (!search && may_store && (c.is(i, "STORE") || c.is(i, "STOREDIST")) && more >= 1) {
      s->store_distance = c.is(i, "STOREDIST");
      s->store_at = ++i;
    } else if (search && c.is(i, "FROMMEMBER") && more >= 1 && !from_point) {
      from_member = true;
      i++;
      if (zset != nullptr && !member_position(c, *zset, i, &s->shape.center)) return false;
    } else if (search && c.is(i, "FROMLONLAT") && more >= 2 && !from_member) {
      if (!read_point(c, i + 1, &s->shape.center)) return false;
      from_point = true;
      i += 2;
    } else if (search && c.is(i, "BYRADIUS") && more >= 2 && !by_box) {
      if (!read_radius(c, i + 1, &s->shape)) return false;
      by_radius = true;
      i += 2;
    } else if (search && c.is(i, "BYBOX") && more >= 3 && !by_radius) {
      if (!read_box(c, i + 1, &s->shape)) return false;
      by_box = true;
      i += 3;
    } else if (form == Form::kSearchStore && c.is(i, "STOREDIST")) {
      s->store_distance = true;
    } else {
      c.syntax_error();
      return false;
    }
  }
  if (s->store_at != 0 && (s->with_distance || s->with_hash || s->with_coordinates))
    return fail(std::string("ERR ") + (form == Form::kSearchStore ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
                " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  if (search && !from_member && !from_point) return fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + std::string(c.args[0]));
  if (search && !by_radius && !by_box) return fail("ERR exactly one of BYRADIUS and BYBOX can be specified for " + std::string(c.args[0]));
  if (s->any && s->count == 0) return fail("ERR the ANY argument requires COUNT argument");
  return true;
}

struct Found { std::string member; double score, distance; GeoPoint point; };

std::vector<Found> find_points(const Zset& zset, const GeoShape& shape, std::size_t limit) {
  std::vector<Found> found;
  const GeoCover cover = geo_cover(shape);
  for (unsigned i = 0; i < cover.count && (limit == 0 || found.size() < limit); i++) {
    const auto [first, last] = zset.ranks(ScoreRange{static_cast<double>(cover.ranges[i].first), static_cast<double>(cover.ranges[i].last), false, true});
    std::size_t left = last - first;
    if (left == 0) continue;
    zset.walk(first, true, [&](ScoredMember m) {
      const GeoPoint p = geo_point(m.score);
      double distance;
      if (shape.contains(p, &distance)) found.push_back({std::string(m.member), m.score, distance, p});
      return --left > 0 && (limit == 0 || found.size() < limit);
    });
  }
  return found;
}

void search_in(Context& c, Form form, bool may_store) {
  Zset* zset;
  if (!find_zset(c, form == Form::kSearchStore ? 2 : 1, &zset)) return;
  Search s;
  if (!read_search(c, form, may_store, zset, &s)) return;
  std::optional<Key> target;
  if (s.store_at != 0) target = c.key(s.store_at);
  const auto drop_target = [&] {
    if (Node* old = c.find(*target); old != nullptr) {
      c.erase(*target, old);
      c.event(kNotifyGeneric, "del", *target);
    }
  };
  if (zset == nullptr) {
    if (!target) return c.reply.array(0);
    drop_target();
    return c.reply.integer(0);
  }
  if (s.count != 0 && s.order == 0 && !s.any) s.order = 1;
  std::vector<Found> found = find_points(*zset, s.shape, s.any ? static_cast<std::size_t>(s.count) : 0);
  if (s.order != 0)
    std::stable_sort(found.begin(), found.end(), [&](const Found& a, const Found& b) { return s.order > 0 ? a.distance < b.distance : a.distance > b.distance; });
  if (s.count != 0 && found.size() > static_cast<std::size_t>(s.count)) found.resize(static_cast<std::size_t>(s.count));
  if (target) {
    Value value = Value::make(ValueType::kZset);
    for (const Found& f : found) value.zset().set(f.member, s.store_distance ? f.distance / s.shape.metres : f.score);
    if (found.empty()) {
      drop_target();
    } else {
      c.replace(*target, std::move(value), 0);
      c.event(kNotifyZset, form == Form::kSearchStore ? "geosearchstore" : "georadiusstore", *target);
    }
    return c.reply.integer(static_cast<std::int64_t>(found.size()));
  }
  const std::size_t extras = static_cast<std::size_t>(s.with_distance) + s.with_hash + s.with_coordinates;
  c.reply.array(found.size());
  for (const Found& f : found) {
    if (extras > 0) c.reply.array(extras + 1);
    c.reply.bulk(f.member);
    if (s.with_distance) reply_distance(c, f.distance / s.shape.metres);
    if (s.with_hash) c.reply.integer(static_cast<std::int64_t>(f.score));
    if (s.with_coordinates) reply_point(c, f.point);
  }
}
void georadius(Context& c) { search_in(c, Form::kRadius, true); }
void georadius_ro(Context& c) { search_in(c, Form::kRadius, false); }
void georadiusbymember(Context& c) { search_in(c, Form::kRadiusByMember, true); }
void georadiusbymember_ro(Context& c) { search_in(c, Form::kRadiusByMember, false); }
void geosearch(Context& c) { search_in(c, Form::kSearch, false); }
void geosearchstore(Context& c) { search_in(c, Form::kSearchStore, true); }

constexpr NamedBody bodies[] = {
    {"geoadd", geoadd}, {"geohash", geohash}, {"geopos", geopos}, {"geodist", geodist}, {"georadius", georadius}, {"georadius_ro", georadius_ro},
    {"georadiusbymember", georadiusbymember}, {"georadiusbymember_ro", georadiusbymember_ro}, {"geosearch", geosearch}, {"geosearchstore", geosearchstore},
};

}  // namespace

std::span<const NamedBody> geo_bodies() { return bodies; }

}  // namespace orrery::keyspace
