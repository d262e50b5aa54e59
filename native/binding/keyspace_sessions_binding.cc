// keyspace_sessions_binding.cc: exports.keyspace, part: tracking, notifications, statistics, slow log, texts beside the keys.
#include <algorithm>
#include <cmath>

#include "../keyspace/command_statistics.h"
#include "../keyspace/slow_log.h"
#include "keyspace_sessions.h"

namespace orrery::binding {
namespace {

using keyspace::CommandStatistics;
using keyspace::SlowLog;

std::vector<std::string> texts_of(const Napi::Value& v) {
  std::vector<std::string> out;
  if (!v.IsArray()) return out;
  const auto list = v.As<Napi::Array>();
  // More words than any command has: an array with a length and nothing in it would take minutes.
  constexpr std::uint32_t kWordsMax = 1u << 20;
  if (list.Length() > kWordsMax) {
    Napi::TypeError::New(v.Env(), "the list is too long").ThrowAsJavaScriptException();
    return out;
  }
  for (std::uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Value item = list.Get(i);
    out.push_back(item.IsString() ? item.As<Napi::String>().Utf8Value() : std::string(bytes_of(item)));
  }
  return out;
}
Napi::Value number(const Napi::CallbackInfo& info, double v) { return Napi::Number::New(info.Env(), v); }

/// describeSession(session, address, name)
Napi::Value describe_session(const Napi::CallbackInfo& info) {
  count_crossing();
  NativeSession* s = session_of(info);
  if (s == nullptr) return info.Env().Undefined();
  s->session.address = bytes_of(info[1]);
  s->session.name = bytes_of(info[2]);
  return info.Env().Undefined();
}

/// setNotify(engine, flags)
Napi::Value set_notify(const Napi::CallbackInfo& info) {
  count_crossing();
  if (Engine* engine = engine_of(info)) engine->keyspace->events.set_flags(u32_of(info[1]));
  return info.Env().Undefined();
}

/// startTracking(engine, session, client, broadcast, prefixes, noLoop)
Napi::Value start_tracking(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  auto* s = handle_of<NativeSession>(info.Env(), info[1]);
  if (engine == nullptr || s == nullptr) return info.Env().Undefined();
  s->session.tracking_client = static_cast<std::uint64_t>(number_of(info[2]));
  engine->keyspace->tracking.start(s->session.tracking_client, s->thread->listener, bool_of(info[3]), texts_of(info[4]), bool_of(info[5]));
  return info.Env().Undefined();
}
/// stopTracking(engine, session)
Napi::Value stop_tracking(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  auto* s = handle_of<NativeSession>(info.Env(), info[1]);
  if (engine == nullptr || s == nullptr) return info.Env().Undefined();
  engine->keyspace->tracking.stop(s->session.tracking_client);
  s->session.tracking_client = 0;
  return info.Env().Undefined();
}
/// trackingTotals(engine): [keys, items, prefixes, clients]; limit >= 0 sets tracking-table-max-keys
Napi::Value tracking_totals(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  double limit = -1;
  napi_get_value_double(info.Env(), info[1], &limit);
  if (limit >= 0) engine->keyspace->tracking.limit(static_cast<std::size_t>(limit));
  const auto t = engine->keyspace->tracking.totals();
  Napi::Array out = Napi::Array::New(info.Env());
  for (const std::size_t n : {t.keys, t.items, t.prefixes, t.clients}) out.Set(out.Length(), number(info, static_cast<double>(n)));
  return out;
}

/// recordCommand(index, micros, failed): a command that TypeScript ran. index < 0 and failed: an error of no command.
Napi::Value record_command(const Napi::CallbackInfo& info) {
  count_crossing();
  double micros = 0;
  napi_get_value_double(info.Env(), info[1], &micros);
  CommandStatistics::instance().record(u32_of(info[0]), micros * 1e3, 1, bool_of(info[2]));
  return info.Env().Undefined();
}
Napi::Value record_rejected(const Napi::CallbackInfo& info) {
  count_crossing();
  CommandStatistics::instance().record_rejected(u32_of(info[0]));
  return info.Env().Undefined();
}
/// recordError(text without the dash)
Napi::Value record_error(const Napi::CallbackInfo& info) {
  count_crossing();
  CommandStatistics::instance().record_error(bytes_of(info[0]));
  return info.Env().Undefined();
}
/// commandStatistics(index, percentiles): [calls, micros, rejected, failed, percentile in micros…]; null when it never ran.
Napi::Value command_statistics(const Napi::CallbackInfo& info) {
  count_crossing();
  const CommandStatistics::Row row = CommandStatistics::instance().row(u32_of(info[0]));
  if (row.calls == 0 && row.rejected == 0) return info.Env().Null();
  Napi::Array out = Napi::Array::New(info.Env());
  const auto put = [&](double v) { out.Set(out.Length(), number(info, v)); };
  put(static_cast<double>(row.calls));
  put(std::floor(static_cast<double>(row.nanos) / 1e3));
  put(static_cast<double>(row.rejected));
  put(static_cast<double>(row.failed));
  std::uint64_t total = 0;
  for (const std::uint64_t n : row.histogram) total += n;
  if (info[1].IsArray()) {
    const auto wanted = info[1].As<Napi::Array>();
    constexpr std::uint32_t kPercentilesMax = 1000;
    if (wanted.Length() > kPercentilesMax) return type_error(info, "that many percentiles are nobody's");
    for (std::uint32_t i = 0; i < wanted.Length(); i++) {
      double percent = 0;
      napi_get_value_double(info.Env(), wanted.Get(i), &percent);
      const double below = std::max(1.0, std::ceil(static_cast<double>(total) * percent / 100));
      std::uint64_t seen = 0;
      double at = 0;
      for (std::size_t b = 0; b < CommandStatistics::kBuckets && total > 0; b++) {
        seen += row.histogram[b];
        if (static_cast<double>(seen) >= below) {
          at = CommandStatistics::bucket_end(b) / 1e3;
          break;
        }
      }
      put(at);
    }
  }
  return out;
}
/// commandHistogram(index): pairs [micros, calls up to it] at powers of two, as LATENCY HISTOGRAM.
Napi::Value command_histogram(const Napi::CallbackInfo& info) {
  count_crossing();
  const CommandStatistics::Row row = CommandStatistics::instance().row(u32_of(info[0]));
  Napi::Array out = Napi::Array::New(info.Env());
  std::uint64_t total = 0, seen = 0;
  for (const std::uint64_t n : row.histogram) total += n;
  std::size_t bucket = 0;
  double shown = 0;
  for (double micros = 1; seen < total && bucket < CommandStatistics::kBuckets; micros *= 2) {
    while (bucket < CommandStatistics::kBuckets && CommandStatistics::bucket_end(bucket) <= micros * 1024) seen += row.histogram[bucket++];
    if (static_cast<double>(seen) == shown) continue;
    shown = static_cast<double>(seen);
    out.Set(out.Length(), number(info, micros));
    out.Set(out.Length(), number(info, shown));
  }
  return out;
}
/// errorStatistics(): [name, count]… and the total in front
Napi::Value error_statistics(const Napi::CallbackInfo& info) {
  count_crossing();
  Napi::Array out = Napi::Array::New(info.Env());
  out.Set(out.Length(), number(info, static_cast<double>(CommandStatistics::instance().error_total())));
  for (const auto& [name, count] : CommandStatistics::instance().errors()) {
    out.Set(out.Length(), bytes_value(info.Env(), name));
    out.Set(out.Length(), number(info, static_cast<double>(count)));
  }
  return out;
}
Napi::Value reset_statistics(const Napi::CallbackInfo& info) {
  count_crossing();
  CommandStatistics::instance().reset();
  return info.Env().Undefined();
}

/// slowLogSettings(thresholdMicros, maxLength, latencyMillis); NaN leaves one as it is
Napi::Value slow_log_settings(const Napi::CallbackInfo& info) {
  count_crossing();
  double v[3] = {NAN, NAN, NAN};
  for (std::size_t i = 0; i < 3; i++) napi_get_value_double(info.Env(), info[i], &v[i]);
  SlowLog& log = SlowLog::instance();
  if (!std::isnan(v[0])) log.threshold_micros = static_cast<std::int64_t>(v[0]);
  if (!std::isnan(v[1])) log.max_length(static_cast<std::size_t>(std::max(v[1], 0.0)));
  if (!std::isnan(v[2])) log.latency_threshold_millis = static_cast<std::int64_t>(v[2]);
  return info.Env().Undefined();
}
/// addSlow(args, micros, address, name, latencyEvent)
Napi::Value add_slow(const Napi::CallbackInfo& info) {
  count_crossing();
  const auto micros = static_cast<std::int64_t>(number_of(info[1]));
  const std::vector<std::string> texts = texts_of(info[0]);
  const std::vector<std::string_view> args(texts.begin(), texts.end());
  const std::int64_t seconds = keyspace::now_millis() / 1000;
  SlowLog::instance().add(args, micros, seconds, bytes_of(info[2]), bytes_of(info[3]));
  if (info[4].IsString()) SlowLog::instance().add_latency(info[4].As<Napi::String>().Utf8Value(), micros / 1000, seconds);
  return info.Env().Undefined();
}
/// slowLog(count): entries {id, seconds, micros, args, address, name}
Napi::Value slow_log(const Napi::CallbackInfo& info) {
  count_crossing();
  double count = -1;
  napi_get_value_double(info.Env(), info[0], &count);
  Napi::Array out = Napi::Array::New(info.Env());
  for (const SlowLog::Entry& e : SlowLog::instance().newest(static_cast<std::int64_t>(count))) {
    Napi::Object item = Napi::Object::New(info.Env());
    item.Set("id", number(info, static_cast<double>(e.id)));
    item.Set("seconds", number(info, static_cast<double>(e.seconds)));
    item.Set("micros", number(info, static_cast<double>(e.micros)));
    Napi::Array args = Napi::Array::New(info.Env());
    for (const std::string& a : e.arguments) args.Set(args.Length(), bytes_value(info.Env(), a));
    item.Set("args", args);
    item.Set("address", bytes_value(info.Env(), e.address));
    item.Set("name", bytes_value(info.Env(), e.name));
    out.Set(out.Length(), item);
  }
  return out;
}
Napi::Value slow_log_size(const Napi::CallbackInfo& info) {
  count_crossing();
  return number(info, static_cast<double>(SlowLog::instance().size()));
}
Napi::Value slow_log_clear(const Napi::CallbackInfo& info) {
  count_crossing();
  SlowLog::instance().clear();
  return info.Env().Undefined();
}
/// latencies(): {name, max, samples: [seconds, millis, …]}
Napi::Value latencies(const Napi::CallbackInfo& info) {
  count_crossing();
  Napi::Array out = Napi::Array::New(info.Env());
  for (const SlowLog::Event& e : SlowLog::instance().latencies()) {
    Napi::Object item = Napi::Object::New(info.Env());
    item.Set("name", Napi::String::New(info.Env(), e.name));
    item.Set("max", number(info, static_cast<double>(e.max)));
    Napi::Array samples = Napi::Array::New(info.Env());
    for (const auto& s : e.samples) {
      samples.Set(samples.Length(), number(info, static_cast<double>(s.seconds)));
      samples.Set(samples.Length(), number(info, static_cast<double>(s.millis)));
    }
    item.Set("samples", samples);
    out.Set(out.Length(), item);
  }
  return out;
}
Napi::Value clear_latencies(const Napi::CallbackInfo& info) {
  count_crossing();
  return number(info, static_cast<double>(SlowLog::instance().clear_latencies(texts_of(info[0]))));
}

keyspace::SideSpace space_of(const Napi::Value& v) { return static_cast<keyspace::SideSpace>(std::min<std::uint32_t>(u32_of(v), keyspace::kSideSpaces - 1)); }
/// sideSet(engine, space, name, value): the LSN to wait for, 0 = none, -1 = the log refuses
Napi::Value side_lsn(const Napi::CallbackInfo& info, storage::Lsn lsn) { return number(info, lsn == keyspace::kNeverDurable ? -1.0 : static_cast<double>(lsn)); }
Napi::Value side_set(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return side_lsn(info, engine->keyspace->side.set(space_of(info[1]), bytes_of(info[2]), bytes_of(info[3])));
}
Napi::Value side_erase(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return side_lsn(info, engine->keyspace->side.erase(space_of(info[1]), bytes_of(info[2])));
}
Napi::Value side_clear(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return side_lsn(info, engine->keyspace->side.clear(space_of(info[1])));
}
Napi::Value side_get(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  std::string value;
  if (!engine->keyspace->side.get(space_of(info[1]), bytes_of(info[2]), &value)) return info.Env().Null();
  return bytes_value(info.Env(), value);
}
Napi::Value side_all(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  Napi::Array out = Napi::Array::New(info.Env());
  for (const auto& [name, value] : engine->keyspace->side.all(space_of(info[1]))) {
    out.Set(out.Length(), bytes_value(info.Env(), name));
    out.Set(out.Length(), bytes_value(info.Env(), value));
  }
  return out;
}
Napi::Value side_version(const Napi::CallbackInfo& info) {
  count_crossing();
  Engine* engine = engine_of(info);
  if (engine == nullptr) return info.Env().Undefined();
  return number(info, static_cast<double>(engine->keyspace->side.version(space_of(info[1]))));
}

}  // namespace

void init_keyspace_sessions(Napi::Object k) {
  const auto add = [&](const char* name, auto function) { k.Set(name, Napi::Function::New(k.Env(), function, name)); };
  add("describeSession", describe_session);
  add("setNotify", set_notify);
  add("startTracking", start_tracking);
  add("stopTracking", stop_tracking);
  add("trackingTotals", tracking_totals);
  add("recordCommand", record_command);
  add("recordRejected", record_rejected);
  add("recordError", record_error);
  add("commandStatistics", command_statistics);
  add("commandHistogram", command_histogram);
  add("errorStatistics", error_statistics);
  add("resetStatistics", reset_statistics);
  add("slowLogSettings", slow_log_settings);
  add("addSlow", add_slow);
  add("slowLog", slow_log);
  add("slowLogSize", slow_log_size);
  add("slowLogClear", slow_log_clear);
  add("latencies", latencies);
  add("clearLatencies", clear_latencies);
  add("sideSet", side_set);
  add("sideErase", side_erase);
  add("sideClear", side_clear);
  add("sideGet", side_get);
  add("sideAll", side_all);
  add("sideVersion", side_version);
}

}  // namespace orrery::binding
