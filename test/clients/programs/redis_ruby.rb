# redis-rb: commands, pipelines, transactions with WATCH, scripts, streams, blocking pops, publish/subscribe. Argument: the port.
require "redis"
def check(what, holds) = holds || abort("#{what} failed")
r = Redis.new(port: ARGV[0].to_i)
r.flushall
check "pipeline", r.pipelined { |p| 1000.times { |i| p.set("k#{i}", i) } }.uniq == ["OK"]
check "mget", r.mget("k1", "k999", "none") == ["1", "999", nil]
r.watch("k1") { r.multi { |t| t.incr("k1"); t.incr("k1") } }
check "multi", r.get("k1") == "3"
check "hash", r.hset("h", "a" => 1, "b" => "é") == 2 && r.hgetall("h") == { "a" => "1", "b" => "é" }
check "zset", r.zadd("z", [[1.5, "a"], [2, "b"]]) == 2 && r.zrange("z", 0, -1, with_scores: true) == [["a", 1.5], ["b", 2.0]]
check "eval", r.eval("return {KEYS[1], ARGV[1]}", keys: ["k"], argv: ["v"]) == %w[k v]
id = r.xadd("s", { f: "v" })
check "xrange", r.xrange("s") == [[id, { "f" => "v" }]]
check "scan", r.scan_each(match: "k*", count: 100).to_a.uniq.size == 1000
Thread.new { sleep 0.1; Redis.new(port: ARGV[0].to_i).rpush("q", "job") }
check "blpop", r.blpop("q", timeout: 5) == %w[q job]
heard = nil
listener = Thread.new { Redis.new(port: ARGV[0].to_i).subscribe("news") { |on| on.message { |_, m| heard = m; Thread.exit } } }
100.times { break if r.publish("news", "hello") == 1; sleep 0.05 }
listener.join(5)
check "subscribe", heard == "hello"
print Redis::VERSION
