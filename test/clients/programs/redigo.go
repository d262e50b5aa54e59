// redigo: a pool, pipelining, transactions, scripts, publish/subscribe. Argument: the port.
package main

import (
	"fmt"
	"os"
	"sync"

	"github.com/gomodule/redigo/redis"
)

func check(what string, holds bool, err error) {
	if holds && err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, what, "failed:", err)
	os.Exit(1)
}

func main() {
	pool := &redis.Pool{MaxIdle: 8, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", "127.0.0.1:"+os.Args[1]) }}
	c := pool.Get()
	_, err := c.Do("FLUSHALL")
	check("flush", true, err)
	for i := 0; i < 1000; i++ {
		c.Send("SET", fmt.Sprint("k", i), i)
	}
	_, err = c.Do("")
	check("pipeline", true, err)
	var group sync.WaitGroup
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			own := pool.Get()
			defer own.Close()
			for j := 0; j < 200; j++ {
				own.Do("INCR", "n")
			}
		}()
	}
	group.Wait()
	n, err := redis.Int(c.Do("GET", "n"))
	check("pool", n == 1600, err)
	c.Send("MULTI")
	c.Send("HSET", "h", "a", 1)
	c.Send("RPUSH", "l", "x", "y")
	answers, err := redis.Ints(c.Do("EXEC"))
	check("exec", len(answers) == 2 && answers[1] == 2, err)
	text, err := redis.String(redis.NewScript(1, "return redis.call('get', KEYS[1]) .. ARGV[1]").Do(c, "k7", "!"))
	check("script", text == "7!", err)
	sub := redis.PubSubConn{Conn: pool.Get()}
	check("subscribe", true, sub.Subscribe("news"))
	sub.Receive()
	c.Do("PUBLISH", "news", "hello")
	message, isMessage := sub.Receive().(redis.Message)
	check("message", isMessage && string(message.Data) == "hello", nil)
	fmt.Print("ok")
}
