<?php
// phpredis: commands, pipelines, transactions, scripts, SCAN, streams, serialized values, sessions' commands. Argument: the port.
function check(string $what, bool $holds): void { if (!$holds) { fwrite(STDERR, "$what failed\n"); exit(1); } }
$r = new Redis();
$r->connect("127.0.0.1", (int) $argv[1]);
$r->flushAll();
$pipe = $r->multi(Redis::PIPELINE);
for ($i = 0; $i < 1000; $i++) $pipe->set("k$i", $i);
check("pipeline", count(array_unique($pipe->exec())) === 1);
check("mget", $r->mGet(["k1", "none"]) === ["1", false]);
$r->watch("k1");
check("multi", $r->multi()->incr("k1")->incr("k1")->exec() === [2, 3]);
check("hash", $r->hMSet("h", ["a" => "1", "b" => "\0\r\n"]) && $r->hGetAll("h") === ["a" => "1", "b" => "\0\r\n"]);
check("zset", $r->zAdd("z", 1.5, "a", 2, "b") === 2 && $r->zRange("z", 0, -1, true) === ["a" => 1.5, "b" => 2.0]);
check("eval", $r->eval("return {KEYS[1], ARGV[1]}", ["k", "v"], 1) === ["k", "v"]);
check("dump", $r->restore("copy", 0, $r->dump("h")) && $r->hGet("copy", "a") === "1");
$id = $r->xAdd("s", "*", ["f" => "v"]);
check("stream", $r->xRange("s", "-", "+") === [$id => ["f" => "v"]]);
$r->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
$found = [];
$at = null;
while ($keys = $r->scan($at, "k*", 100)) foreach ($keys as $key) $found[$key] = true;
check("scan", count($found) === 1000);
$r->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_PHP);
$r->setEx("session", 60, ["user" => 7]);
check("serializer", $r->get("session") === ["user" => 7] && $r->ttl("session") > 50);
echo phpversion("redis");
