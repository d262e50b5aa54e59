"""redis-py: pipelines, WATCH, scripts, publish/subscribe, blocking pops, streams, SCAN, locks. Argument: the port."""
import sys
import threading

import redis

r = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
r.flushall()
with r.pipeline() as pipe:
    for i in range(2000):
        pipe.set(f"k:{i}", i)
        pipe.incr(f"k:{i}")
    assert pipe.execute()[-1] == 2000


def add(pipe):
    value = int(pipe.get("n") or 0)
    pipe.multi()
    pipe.set("n", value + 1)


def run():
    own = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
    for _ in range(50):
        own.transaction(add, "n")


threads = [threading.Thread(target=run) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert r.get("n") == "200"
assert r.register_script("return redis.call('incrby', KEYS[1], ARGV[1])")(keys=["n"], args=[5]) == 205
p = r.pubsub()
p.psubscribe("news.*")
assert p.get_message(timeout=2)["type"] == "psubscribe"
r.publish("news.a", "hello")
assert p.get_message(timeout=2)["data"] == "hello"
threading.Timer(0.1, lambda: r.rpush("q", "job")).start()
assert redis.Redis(port=int(sys.argv[1])).blpop(["q"], timeout=5) == (b"q", b"job")
r.xadd("s", {"f": "v"})
r.xgroup_create("s", "g", id="0")
((_, entries),) = r.xreadgroup("g", "c", {"s": ">"})
assert r.xack("s", "g", entries[0][0]) == 1
assert sum(1 for _ in r.scan_iter("k:*", count=100)) == 2000
with r.lock("lock", timeout=5):
    assert not r.lock("lock", blocking_timeout=0.1).acquire()
assert r.zadd("z", {"a": 1, "b": 2.5}) == 2 and r.zrange("z", 0, -1, withscores=True) == [("a", 1.0), ("b", 2.5)]
r.geoadd("g:1", (13.361389, 38.115556, "Palermo"))
assert r.geopos("g:1", "Palermo")[0][0] > 13.36
print(redis.__version__)
